"""What a run measured <-> lines of JSON in its workdir.

`metrics.jsonl` holds what is the same in every repetition of the run,
`timing.jsonl` what is not.
"""

import json
import os
import pathlib

METRICS, TIMING = 'metrics.jsonl', 'timing.jsonl'


def append(workdir, name: str, entries: list[dict]) -> None:
  """Adds a line per entry; each entry names its `step`."""
  with (pathlib.Path(workdir) / name).open('a') as f:
    f.writelines(json.dumps(e) + '\n' for e in entries)
    f.flush()
    os.fsync(f.fileno())


def read(workdir, name: str = METRICS) -> list[dict]:
  """All whole lines, oldest first; a line cut short by a crash is left out."""
  path = pathlib.Path(workdir) / name
  entries = []
  for line in path.read_text().splitlines() if path.exists() else ():
    try:
      entries.append(json.loads(line))
    except ValueError:
      break
  return entries


def rewind(workdir, step: int) -> None:
  """Forgets what was measured after `step`: the run goes on from there."""
  for name in (METRICS, TIMING):
    path = pathlib.Path(workdir) / name
    if path.exists():
      kept = [e for e in read(workdir, name) if e['step'] <= step]
      path.with_suffix('.new').write_text(
          ''.join(json.dumps(e) + '\n' for e in kept)
      )
      path.with_suffix('.new').replace(path)
