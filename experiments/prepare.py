"""Prepares a dataset: MIDI files or an archive in, a dataset folder out.

python -m experiments.prepare --input=songs.zip --output=out/songs
"""

from collections import Counter
import os
import pathlib
import shlex
import signal
import sys
import time

from absl import flags

from musiczoo.errors import printable
from musiczoo.music.midi import Limits

from . import launch, signals

INPUT = flags.DEFINE_string(
  'input',
  None,
  'Folder of MIDI, MusicXML or ABC files, a zip or tar, or a file.',
)
OUTPUT = flags.DEFINE_string('output', None, 'Folder of the dataset to make.')
WORKERS = flags.DEFINE_integer(
  'workers',
  os.cpu_count(),
  'Files read at once.',
  lower_bound=1,
  upper_bound=1024,
)
ENGINE = flags.DEFINE_enum(
  'engine', 'local', ['local', 'ray'], 'Processes here, or a Ray cluster.'
)
DRUMS = flags.DEFINE_list(
  'drums',
  [],
  'Words, such as Drums,Kit: tracks with one in their name are drums on any '
  'channel. Without, those of channel 10 are.',
)
SPLIT = flags.DEFINE_string(
  'split',
  'hash',
  'Percent of training, validation and test, as 70/15/15; hash is 80/10/10.',
)
SECONDS = flags.DEFINE_float(
  'seconds_per_file',
  60,
  'Most time to read a file.',
  lower_bound=0.01,
  upper_bound=10**6,
)
MEGABYTES = flags.DEFINE_integer(
  'megabytes_per_file',
  1024,
  'Most memory to read a file.',
  lower_bound=16,
  upper_bound=2**20,
)
MAX = {
  name: flags.DEFINE_integer(
    f'max_{name}',
    default,
    f'The most {name} of a file.',
    lower_bound=1,
    upper_bound={'bytes': 2**29, 'ticks': 2**31 - 1}.get(name),
  )
  for name, default in Limits()._asdict().items()
}
_TABLE = """\
kept      {kept}
repaired  {repaired}
rejected  {rejected}
doubles   {duplicates} among kept and repaired, {transposed} of them transposed
ignored   {ignored} files that are no music
reasons   {top_reasons}
pieces    {pieces}: {split_sizes}; {notes} notes
grid      {fits}
steps     {steps}
free      {free} pieces that fit no grid{free_names}"""
_ONE_BEAT = """\
meter     {one_beat} pieces have bars of one beat, as 1/4, which are rarely meant:
          models of bars and chords need the true meter"""


def main():
  from musiczoo.data import prepare
  from musiczoo.data.progress import progress

  limits = Limits(**{name: flag.value for name, flag in MAX.items()})
  for number in signals.numbers():
    signal.signal(number, _interrupt)
  begun = time.perf_counter()
  try:
    report = prepare.prepare(
      pathlib.Path(INPUT.value),
      pathlib.Path(OUTPUT.value),
      engine=ENGINE.value,
      workers=WORKERS.value,
      drums=DRUMS.value,
      split=SPLIT.value,
      file_limits=prepare.FileLimits(limits, SECONDS.value, MEGABYTES.value),
      watch=progress,
    )
  except KeyboardInterrupt as stop:
    print('stopped: nothing was written', file=sys.stderr)
    return 128 + stop.args[0]
  seconds = time.perf_counter() - begun
  print(
    f'{report["files"]} files in {seconds:.1f} s, '
    f'{report["files"] / seconds:.0f} files/s'
  )
  print(printable(_table(report)))
  if report['one_beat']:
    print(_ONE_BEAT.format(**report))
  if not all(report['splits'].values()):
    print('few       training gives each empty split a piece of the others')
  corpus = shlex.quote(f'--config.corpus={OUTPUT.value}')
  print(
    'next      python -m experiments.train '
    '--config=experiments/configs/tracks.py:lstm_compound '
    f'{corpus} --workdir=WORKDIR'
  )
  return 0


def _interrupt(number, frame):
  del frame
  raise KeyboardInterrupt(number)


def _table(report):
  return _TABLE.format(
    **report,
    top_reasons=_counts(report['reasons'], 8),
    split_sizes=_counts(report['splits'], None),
    fits=_grids(report),
    steps=_steps(report),
    free_names=_free(report),
  )


def _counts(counts, limit):
  """The largest counts, or all in their order, by name."""
  items = (
    counts.items() if limit is None else Counter(counts).most_common(limit)
  )
  return ', '.join(f'{n} {name}' for name, n in items) or 'none'


def _grids(report):
  """The grids that fit best, by how many pieces they fit."""
  grids = Counter(report['grids']).most_common()
  if not grids:
    return 'none fits'
  fits = ', '.join(f'{n} at {steps}' for steps, n in grids)
  return f'{fits} steps a quarter note; notes move by {report["moved_ms"]} ms'


def _steps(report):
  """The grid for all pieces, the flag for it, and what others keep."""
  from musiczoo.music.grid_fit import CHOICES

  steps, kept = report['steps_per_quarter'], report['onsets_kept']
  if steps is None:
    return 'none: no piece fits a grid'
  shares = ', '.join(f'{kept[str(g)]:.1%} at {g}' for g in CHOICES)
  return (
    f'--config.representation.steps_per_quarter={steps} keeps the onsets '
    f'({shares})'
  )


def _free(report):
  names = report['first_free']
  more = ', ...' if report['free'] > len(names) else ''
  return f', as if played freely: {", ".join(names)}{more}' if names else ''


def run() -> None:
  """The command: its flags, errors in one line, its exit status."""
  launch.run(main, required=(INPUT, OUTPUT))


if __name__ == '__main__':
  run()
