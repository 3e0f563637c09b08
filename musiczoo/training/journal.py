"""The journal of a run: lines of JSON in its workdir.

`metrics.jsonl` has what is the same in every repetition of the run,
`timing.jsonl` what is not, and `bad_batches.jsonl` the batches whose loss or
gradient was not finite.
"""

import csv
import io
import json
import os
import pathlib

from musiczoo.music.files import write_atomic

METRICS, TIMING = 'metrics.jsonl', 'timing.jsonl'
BAD = 'bad_batches.jsonl'
NAMES = (METRICS, TIMING, BAD)


def append(workdir, name: str, entries: list[dict]) -> None:
  """Adds a line per entry; each entry names its `step`."""
  with (pathlib.Path(workdir) / name).open('a') as f:
    f.writelines(json.dumps(e) + '\n' for e in entries)
    f.flush()
    os.fsync(f.fileno())


def read(workdir, name: str = METRICS) -> list[dict]:
  """All whole lines, oldest first; one cut short by a crash is left out."""
  path = pathlib.Path(workdir) / name
  entries = []
  for line in path.read_text().splitlines() if path.exists() else ():
    try:
      entries.append(json.loads(line))
    except ValueError:
      break
  return entries


def rewind(workdir, step: int) -> None:
  """Removes all lines after `step`, where the run continues."""
  for name in (METRICS, TIMING):
    path = pathlib.Path(workdir) / name
    if path.exists():
      kept = [e for e in read(workdir, name) if e['step'] <= step]
      write_atomic(path, ''.join(json.dumps(e) + '\n' for e in kept))


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
