"""Time and memory of many files: made, prepared, and trained on.

  python -m benchmarks.at_scale --input=DIR --scratch=DIR [--json=FILE]

`benchmarks.recombine` makes --num_files of the songs in DIR, `experiments.prepare`
reads them as one job, and the events model of `tracks.py` takes a few steps on
the dataset, which first encodes it to a cache. What the scratch folder holds
already is not made again. Of each command: seconds by the clock, and the peak
memory of all of its processes together (Linux). `_anonymous` is what they
allocated; the rest is pages of files, which the system takes back at need.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).parents[1]
EVERY = 0.5  # Seconds between two looks at the memory.
KINDS = {'peak_mb': 'Pss', 'peak_mb_anonymous': 'Pss_Anon'}


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--input', required=True, help='a folder of MIDI files')
  parser.add_argument('--scratch', required=True, help='for what is made')
  parser.add_argument('--num_files', type=int, default=100_000)
  parser.add_argument('--workers', type=int, default=2)
  parser.add_argument('--steps', type=int, default=4, help='of training')
  parser.add_argument('--json', help='a file to write the figures to')
  args = parser.parse_args()
  scratch = pathlib.Path(args.scratch).resolve()
  figures = {}
  for name, (output, command) in commands(args, scratch).items():
    if not output.exists():
      figures[name] = measure(command)
      print(name, json.dumps(figures[name]), flush=True)
  dataset = scratch / 'dataset'
  report = json.loads((dataset / 'report.json').read_text())
  figures = {
    'num_files': args.num_files,
    'workers': args.workers,
    **figures,
    **{key: report[key] for key in ('files', 'pieces', 'notes')},
    'dataset_mb': _megabytes(dataset.glob('*')),
    'cache_mb': _megabytes(dataset.glob('encoded/*/*')),
  }
  command = f'python -m benchmarks.at_scale --num_files={args.num_files}'
  text = json.dumps({'command': command, 'figures': figures}, indent=1)
  print(text)
  if args.json:
    pathlib.Path(args.json).write_text(text + '\n')


def commands(args, scratch: pathlib.Path) -> dict:
  """name -> (what the command makes, the module and its flags)."""
  files, dataset, run = (scratch / n for n in ('files', 'dataset', 'run'))
  workers = f'--workers={args.workers}'
  return {
    'recombine': (
      files,
      [
        'benchmarks.recombine',
        f'--input={pathlib.Path(args.input).resolve()}',
        f'--output={files}',
        f'--num_files={args.num_files}',
        workers,
      ],
    ),
    'prepare': (
      dataset,
      [
        'experiments.prepare',
        f'--input={files}',
        f'--output={dataset}',
        workers,
      ],
    ),
    'train': (
      run,
      [
        'experiments.train',
        '--config=experiments/configs/tracks.py:lstm_events',
        f'--config.corpus={dataset}',
        f'--workdir={run}',
        f'--config.steps={args.steps}',
        f'--config.eval_every={args.steps}',
        f'--config.checkpoint_every={args.steps}',
        '--config.model.hidden=16',
      ],
    ),
  }


def measure(command: list[str]) -> dict:
  """Runs a module; its `seconds` and, by KINDS, the peaks of its memory in MB."""
  begun, peaks = time.perf_counter(), dict.fromkeys(KINDS, 0)
  child = subprocess.Popen([sys.executable, '-m', *command], cwd=ROOT)
  done = threading.Event()

  def watch():
    while not done.wait(EVERY):
      now = memory(child.pid)
      peaks.update({kind: max(peaks[kind], now[kind]) for kind in KINDS})

  watcher = threading.Thread(target=watch)
  watcher.start()
  try:
    status = child.wait()
  finally:
    done.set()
    watcher.join()
  if status:
    raise SystemExit(f'{command[0]} ended with status {status}')
  seconds = round(time.perf_counter() - begun, 1)
  return {'seconds': seconds} | {k: round(v / 1024) for k, v in peaks.items()}


def memory(root: int) -> dict:
  """What a process and all its children have in memory now, in kB, by KINDS.

  A page that several of them share counts once in all.
  """
  total, left = dict.fromkeys(KINDS, 0), [root]
  while left:
    process = pathlib.Path('/proc') / str(left.pop())
    try:
      for task in (process / 'task').iterdir():
        left += map(int, (task / 'children').read_text().split())
      lines = (process / 'smaps_rollup').read_text().splitlines()[1:]
    except (OSError, ProcessLookupError):  # It has ended meanwhile.
      continue
    found = {line.split(':')[0]: int(line.split()[1]) for line in lines}
    for kind, key in KINDS.items():
      total[kind] += found.get(key, 0)
  return total


def _megabytes(paths):
  return round(sum(p.stat().st_size for p in paths if p.is_file()) / 2**20)


if __name__ == '__main__':
  main()
