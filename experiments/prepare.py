"""Prepares a dataset: a folder or archive of MIDI in, a dataset folder out."""

import os
import pathlib
import signal
import sys
import time

from absl import flags
from tqdm import tqdm

from musiczoo.music.midi import Limits

from . import launch

INPUT = flags.DEFINE_string(
  'input', None, 'Folder of MIDI, MusicXML or ABC files, or a zip or tar.'
)
OUTPUT = flags.DEFINE_string('output', None, 'Folder of the dataset to make.')
WORKERS = flags.DEFINE_integer(
  'workers', os.cpu_count(), 'Files read at once.', lower_bound=1
)
ENGINE = flags.DEFINE_enum(
  'engine', 'local', ['local', 'ray'], 'Processes here, or a Ray cluster.'
)
SECONDS = flags.DEFINE_float(
  'seconds_per_file',
  60,
  'The most that reading a file may take.',
  lower_bound=0.01,
)
MEGABYTES = flags.DEFINE_integer(
  'megabytes_per_file',
  1024,
  'The most memory that reading may take.',
  lower_bound=16,
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


def main():
  launch.require(input=INPUT.value, output=OUTPUT.value)
  from musiczoo.data import prepare

  limits = Limits(**{name: flag.value for name, flag in MAX.items()})
  for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, _interrupt)
  begun = time.perf_counter()
  try:
    report = prepare.prepare(
      pathlib.Path(INPUT.value),
      pathlib.Path(OUTPUT.value),
      engine=ENGINE.value,
      workers=WORKERS.value,
      care=prepare.FileLimits(limits, SECONDS.value, MEGABYTES.value),
      watch=_watch,
    )
  except KeyboardInterrupt as stop:
    print('stopped: nothing was written', file=sys.stderr)
    return 128 + stop.args[0]
  seconds = time.perf_counter() - begun
  print(
    f'{report["files"]} files in {seconds:.1f} s, '
    f'{report["files"] / seconds:.0f} files/s'
  )
  print(_table(report))
  print(
    'next      python -m experiments.train '
    '--config=experiments/configs/tracks.py:lstm_events '
    f'--config.corpus={OUTPUT.value} --workdir=WORKDIR'
  )
  return 0


def _interrupt(number, frame):
  del frame
  raise KeyboardInterrupt(number)


def _watch(results, total):
  """A bar on a terminal, a line every ten seconds elsewhere."""
  live = sys.stderr.isatty()
  said = time.monotonic()
  bar = tqdm(results, 'reading', total, unit=' files', disable=not live)
  for count, result in enumerate(bar, 1):
    if not live and time.monotonic() - said > 10:
      said = time.monotonic()
      of_all = '' if total is None else f' of {total}'
      print(f'read      {count}{of_all} files', file=sys.stderr)
    yield result


def _table(report):
  def listed(counts):
    return ', '.join(f'{n} {name}' for name, n in counts) or 'none'

  top = sorted(report['reasons'].items(), key=lambda item: -item[1])[:8]
  return '\n'.join(
    [
      f'kept      {report["kept"]}',
      f'repaired  {report["repaired"]}',
      f'rejected  {report["rejected"]}',
      f'doubles   {report["duplicates"]} among kept and repaired, '
      f'{report["transposed"]} of them transposed',
      f'ignored   {report["ignored"]} files that are no music',
      f'reasons   {listed(top)}',
      f'pieces    {report["pieces"]}: {listed(report["splits"].items())}; '
      f'{report["notes"]} notes',
      f'grid      {_grids(report)}',
      f'free      {_free(report)}',
    ]
  )


def _grids(report):
  """The grids that fit best, by how many pieces they fit."""
  grids = sorted(report['grids'].items(), key=lambda item: -item[1])
  listed = ', '.join(f'{n} at {steps}' for steps, n in grids)
  return (
    f'{listed} steps a quarter note; notes move by {report["moved_ms"]} ms'
    if listed
    else 'none fits'
  )


def _free(report):
  if not report['free']:
    return '0 pieces that fit no grid'
  more = ', ...' if report['free'] > len(report['first_free']) else ''
  return (
    f'{report["free"]} pieces that fit no grid, as if played freely: '
    f'{", ".join(report["first_free"])}{more}'
  )


def run() -> None:
  """The command: its flags, errors in one line, its exit status."""
  launch.run(main)


if __name__ == '__main__':
  run()
