"""The result of a trial, `result.json` in its folder.

  {'status': 'done', 'step': 300, 'monitor': 'nll_per_frame',
   'figures': {'valid_nll_per_frame': 8.4, 'test_nll_per_frame': 8.5, ...}}
  {'status': 'diverged' | 'failed', 'reason': '...'}

A trial that diverged would do so again, and counts as finished. One that failed
(no memory, a full disk) is tried again when the sweep continues.
"""

import json
import pathlib

from musiczoo.music.files import write_atomic

RESULT = 'result.json'


def read(folder: pathlib.Path) -> dict | None:
  """None where there is no result yet."""
  try:
    return json.loads((folder / RESULT).read_text())
  except (FileNotFoundError, ValueError):
    return None


def finished(folder: pathlib.Path) -> bool:
  result = read(folder)
  return result is not None and result['status'] != 'failed'


def write(folder: pathlib.Path, result: dict) -> None:
  text = json.dumps(result, indent=1, sort_keys=True) + '\n'
  write_atomic(folder / RESULT, text)
