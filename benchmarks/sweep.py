"""How long a sweep takes, its trials one after another or side by side.

  python -m benchmarks.sweep --corpus=JSB_Chorales.mat [--json=FILE]

The same trials of a small GRU, in turns and in new folders each time:

  in turn        one worker, which has the whole machine
  processes      as many workers as cores, each with one core
  one program    one worker, all trials under one vmap

A turn's time is that of the whole command, start and evaluation included, less
what it takes to find all trials done. A round of few steps warms up the cache of
compiled programs. By the clock: it counts only on an idle machine, so the load
before it is printed.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[1]


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--corpus', required=True, help='a benchmark file')
  parser.add_argument('--trials', type=int, default=4)
  parser.add_argument('--steps', type=int, default=300)
  parser.add_argument('--hidden', type=int, default=64)
  parser.add_argument('--rounds', type=int, default=3)
  parser.add_argument('--json', help='a file to write the figures to')
  args = parser.parse_args()
  cores = len(os.sched_getaffinity(0))
  ways = {
    'in turn': ['--workers=1'],
    'processes': [f'--workers={cores}'],
    'one program': ['--workers=1', f'--together={args.trials}'],
  }
  load = os.getloadavg()[0]
  seconds = {way: [] for way in ways}
  for turn in range(args.rounds + 1):
    for way, flags in ways.items():
      steps = args.steps if turn else 10
      seconds[way].append(timed(args, steps, flags))
  clock, processor = (
    {
      way: statistics.median(pair[i] for pair in pairs[1:])
      for way, pairs in seconds.items()
    }
    for i in (0, 1)
  )
  print(f'{args.trials} trials on {cores} cores, load before it {load:.2f}')
  for way, its in clock.items():
    print(
      f'{way:12}{its:8.1f} s   {clock["in turn"] / its:5.2f} times as fast as '
      f'in turn   {processor[way]:8.1f} s of processor time'
    )
  figures = {
    'trials': args.trials,
    'steps': args.steps,
    'hidden': args.hidden,
    'cores': cores,
    'load': load,
    'seconds_by_clock_and_processor': {
      way: pairs[1:] for way, pairs in seconds.items()
    },
    'speed_up': {
      way: round(clock['in turn'] / its, 2) for way, its in clock.items()
    },
  }
  if args.json:
    pathlib.Path(args.json).write_text(json.dumps(figures, indent=1) + '\n')
  return 0


def timed(args, steps, flags):
  """Seconds of a sweep in a new folder, beyond those of a finished one.

  By the clock, and of the processor.
  """
  with tempfile.TemporaryDirectory() as workdir:
    command = [
      sys.executable,
      '-m',
      'experiments.sweep',
      '--config=experiments/configs/poly.py:gru_bernoulli',
      f'--config.corpus={pathlib.Path(args.corpus).absolute()}',
      f'--config.steps={steps}',
      f'--config.model.hidden={args.hidden}',
      f'--seeds={args.trials}',
      f'--workdir={workdir}',
      *flags,
    ]
    times = []
    for _ in range(2):
      begun = now()
      subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
      times.append([b - a for a, b in zip(begun, now())])
  return [round(a - b, 2) for a, b in zip(*times)]


def now():
  """The clock, and the processor time of all children that have ended."""
  children = resource.getrusage(resource.RUSAGE_CHILDREN)
  return time.perf_counter(), children.ru_utime + children.ru_stime


if __name__ == '__main__':
  sys.exit(main())
