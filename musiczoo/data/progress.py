"""Progress of work on files: a bar on a terminal, lines elsewhere."""

from collections.abc import Iterable, Iterator
import sys
import time

import tqdm

SECONDS = 10  # Between two lines.


def progress(
  results: Iterable,
  total: int | None,
  label: str = 'reading',
  unit: str = 'files',
) -> Iterator:
  """Yields the results, one a file, and shows on stderr how many there were.

  Args:
    results: of any type.
    total: how many there will be; None if that is not known.
    label: what is done to the files.
    unit: what is counted, where it isn't files.
  """
  live = sys.stderr.isatty()
  shown = time.monotonic()
  bar = tqdm.tqdm(results, label, total, unit=f' {unit}', disable=not live)
  for count, result in enumerate(bar, 1):
    if not live and time.monotonic() - shown > SECONDS:
      shown = time.monotonic()
      of_all = '' if total is None else f' of {total}'
      print(f'{label}: {count}{of_all} {unit}', file=sys.stderr)
    yield result
