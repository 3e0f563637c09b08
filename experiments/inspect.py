"""Inspects a MIDI file: what it contains, or why it cannot be used.

  python -m experiments.inspect FILE.mid --html=FILE.html

With a model of the family structure also its annotations of each bar, beside
those of the rules. --html plays and shows the file, with its key and chords.
"""

import pathlib

from absl import flags

from . import launch, model_flags, pages

FILE = flags.DEFINE_string('file', None, 'MIDI file; --file= may be left out.')


def main():
  pages.check_marks()
  from musiczoo.music import midi
  from musiczoo.show import rejection, report

  try:
    print('\n'.join(report.examine(FILE.value)))
  except midi.MidiError as error:
    print('\n'.join(rejection.explain(error)))
    raise
  if pages.HTML.value is not None:
    _page(FILE.value)
  if model_flags.name() is not None:
    from musiczoo import build
    from musiczoo.show import annotation_report

    build.cache_compilation()
    _, pipeline, params, _ = model_flags.load()
    score = midi.read(FILE.value)
    print('\n'.join(annotation_report.report(pipeline, params, score)))


def _page(file):
  """Writes --html: the file, with key and chords, and its numbers."""
  from musiczoo.music import grid_fit, midi
  from musiczoo.show import page
  from musiczoo.show.page import numbers

  score, name = midi.read(file), pathlib.Path(file).name
  steps = max(grid_fit.GRIDS)
  num_steps = pages.segment_steps(steps)
  about = {'notes': len(score.notes), 'tracks': len(score.tracks)}
  metrics = numbers.metrics_of(score, steps, num_steps)
  piece = page.Piece(name, score, about | metrics, pages.marks(score))
  groups = [page.Group('File', [piece])]
  note = pages.metrics_note(num_steps, steps)
  pages.write(pages.HTML.value, name, groups, [note])


def run() -> None:
  """The command: its flags, errors in one line, its exit status."""
  launch.run(main, required=[FILE], positional='file')


if __name__ == '__main__':
  run()
