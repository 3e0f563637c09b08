"""The result of a trial, `result.json` in its folder.

  {'status': 'done', 'step': 300, 'monitor': 'nll_per_frame',
   'figures': {'valid_nll_per_frame': 8.4, 'test_nll_per_frame': 8.5, ...}}
  {'status': 'diverged' | 'failed', 'reason': '...'}

A trial that diverged would do so again, and counts as finished. One that failed
(no memory, a full disk), or whose result is damaged, is tried again when the sweep
continues.
"""

import math
import pathlib

from musiczoo.music import json_files
from musiczoo.music.files import write_atomic

RESULT = 'result.json'


def read(folder: pathlib.Path) -> dict | None:
  """None where there is no result yet; {'status': 'damaged', ...} of no use."""
  path = folder / RESULT
  try:
    result = json_files.read(path)
    if not _is_result(result):
      raise ValueError('no result of a trial')
    return result
  except FileNotFoundError:
    return None
  except (OSError, ValueError) as e:
    return {'status': 'damaged', 'reason': f'{path}: {e}'}


def finished(folder: pathlib.Path) -> bool:
  result = read(folder)
  return result is not None and result['status'] in ('done', 'diverged')


def _is_result(result):
  """Whether a value is what `write` was given."""
  if not isinstance(result, dict):
    return False
  if result.get('status') != 'done':
    reason = isinstance(result.get('reason'), str)
    return reason and result.get('status') in ('diverged', 'failed')
  monitor, figures = result.get('monitor'), result.get('figures')
  return (
    isinstance(monitor, str)
    and isinstance(figures, dict)
    and all(
      _is_number(figures.get(f'{s}_{monitor}')) for s in ('valid', 'test')
    )
  )


def _is_number(value):
  return type(value) in (int, float) and math.isfinite(value)


def write(folder: pathlib.Path, result: dict) -> None:
  write_atomic(folder / RESULT, json_files.text(result))
