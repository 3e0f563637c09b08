"""The journals of a run: lines of JSON in its workdir.

`metrics.jsonl` has what is the same in every repetition of the run,
`timing.jsonl` what is not, and `bad_batches.jsonl` the batches whose loss or
gradient was not finite.
"""

from collections.abc import Callable
import csv
import io
import json
import os
import pathlib

from musiczoo.errors import UserError
from musiczoo.music import files, json_files
from musiczoo.music.files import write_atomic

METRICS, TIMING = 'metrics.jsonl', 'timing.jsonl'
BAD = 'bad_batches.jsonl'
NAMES = (METRICS, TIMING, BAD)
_STEPS = range(2**32)


def append(workdir, name: str, entries: list[dict]) -> None:
  """Adds a line per entry; each entry names its `step`.

  A number that is not finite becomes null, which all parsers read. A last line
  that a crash has cut short is removed first.
  """
  with (pathlib.Path(workdir) / name).open('ab+') as f:
    _end_last_line(f)
    f.write(''.join(map(_line, entries)).encode())
    f.flush()
    os.fsync(f.fileno())


def read(
  workdir,
  name: str = METRICS,
  is_entry: Callable[[dict], bool] | None = None,
) -> list[dict]:
  """All whole lines, oldest first; one cut short by a crash is left out.

  Args:
    is_entry: whether a table has what a line must; None: as of `name`.

  Raises:
    UserError: names the first line that is damaged, or why the file can't be
      read.
  """
  path = pathlib.Path(workdir) / name
  is_entry = is_entry or (_is_jump if name == BAD else _is_figures)
  try:
    lines = files.read_bytes(path).split(b'\n')
  except FileNotFoundError:
    return []
  except OSError as e:
    raise UserError(
      f'{path} cannot be read ({e.strerror}): make it a file that can be'
    ) from e
  entries = []
  for number, line in enumerate(lines, 1):
    reason = None
    try:
      entry = json_files.finite(json_files.parse(line))
      if not isinstance(entry, dict) or not is_entry(entry):
        reason = 'it has other values than such a line'
    except ValueError as e:
      if number == len(lines):  # It has no end: a crash cut it, or it is empty.
        break
      reason = str(e)
    if reason is not None:
      raise UserError(
        f'{path}: line {number} is damaged ({reason}): mend it, or remove that '
        'line'
      )
    entries.append(entry)
  return entries


def rewind(workdir, step: int) -> None:
  """Removes all lines after `step`, where the run continues.

  Raises:
    UserError: as of `read`; nothing is removed.
  """
  kept = {
    name: [e for e in read(workdir, name) if e['step'] <= step]
    for name in (METRICS, TIMING)
  }
  for name, entries in kept.items():
    path = pathlib.Path(workdir) / name
    if path.exists():
      write_atomic(path, ''.join(map(_line, entries)))


def write_csv(workdir) -> None:
  """Writes metrics.csv: a line per step of the journal, a column per figure."""
  lines = {}
  for entry in read(workdir):
    lines.setdefault(entry['step'], {}).update(entry)
  names = dict.fromkeys(name for line in lines.values() for name in line)
  text = io.StringIO(newline='')
  table = csv.DictWriter(text, list(names))
  table.writeheader()
  table.writerows(lines.values())
  write_atomic(pathlib.Path(workdir) / 'metrics.csv', text.getvalue())


def is_step(value) -> bool:
  """Whether a value is the number of a step."""
  return type(value) is int and value in _STEPS


def _is_figures(entry):
  """Whether a line has a step and beside it named numbers, or null."""
  return is_step(entry.get('step')) and all(
    name.isprintable() and _is_figure(value) for name, value in entry.items()
  )


def _is_figure(value):
  is_whole = type(value) is int and abs(value) < 2**63
  return value is None or type(value) is float or is_whole


def _is_jump(entry):
  """Whether a line has all that a bad batch is skipped by."""
  return all(is_step(entry.get(k)) for k in ('step', 'batch', 'from', 'jump'))


def _line(entry):
  return json.dumps(json_files.finite(entry), allow_nan=False) + '\n'


def _end_last_line(file):
  """Ends the last line of a file, or removes it if a crash has cut it short."""
  size = file.seek(0, os.SEEK_END)
  file.seek(max(0, size - 2**20))
  *before, last = file.read().split(b'\n')
  if not last:
    return
  try:
    json_files.parse(last)
    file.write(b'\n')
  except ValueError:
    if before or size < 2**20:
      file.truncate(size - len(last))
