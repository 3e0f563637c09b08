"""The doctor: a MIDI file in; what it holds, or why it can't be used, out.

  python -m experiments.inspect FILE.mid [--workdir=W|--pretrained=NAME] [--html=F]

With a model of the family structure also what it hears in each bar, beside what
the rules say. --html plays and shows the file, with its key and chords.
"""

import pathlib

from absl import flags

from . import chosen, launch, pages

FILE = flags.DEFINE_string('file', None, 'MIDI file; --file= may be left out.')


def main():
  launch.require(file=FILE.value)
  from musiczoo.music import midi
  from musiczoo.show import report

  try:
    print('\n'.join(report.examine(FILE.value)))
  except midi.MidiError as error:
    print('\n'.join(report.explain(error)))
    raise
  if pages.HTML.value is not None:
    _page(FILE.value)
  if chosen.name() is not None:
    from musiczoo import build
    from musiczoo.show import annotation_report

    build.cache_compilation()
    _, pipeline, params, _ = chosen.load()
    score = midi.read(FILE.value)
    print('\n'.join(annotation_report.compare(pipeline, params, score)))


def _page(file):
  """Writes --html: the file, with key and chords, and its numbers."""
  from musiczoo.music import grid, midi
  from musiczoo.show import page
  from musiczoo.show.page import numbers

  score, name = midi.read(file), pathlib.Path(file).name
  steps = max(grid.GRIDS)
  num_steps = pages.stretch(steps)
  about = {'notes': len(score.notes), 'tracks': len(score.tracks)}
  piece = page.Piece(
      name, score, about | numbers.figures(score, steps, num_steps)
  )
  pages.write(
      pages.HTML.value, name, [page.Group('File', [piece])],
      [pages.note(num_steps, steps)],
  )


def run() -> None:
  """The command: its flags, errors in one line, its exit status."""
  launch.run(main, positional='file')


if __name__ == '__main__':
  run()
