"""Runs trials of a sweep, named by a flag or line by line on stdin.

  python -m experiments.trial --workdir=out/sweep \\
      --trials=lstm-seed0-0123456789ab

`experiments.sweep` starts this command and has written their configs.
"""

import os
import sys

from absl import flags

from . import launch
from .signals import Signals

WORKDIR = flags.DEFINE_string('workdir', None, 'Folder of the sweep.')
TRIALS = flags.DEFINE_list(
  'trials',
  None,
  'Ids of trials to run side by side; left out: one line of ids at a time is '
  'read from stdin, and printed when they have ended.',
)


def main() -> int:
  parent = os.getppid()
  with Signals() as signals:
    from musiczoo import build
    from musiczoo.runs.sweep import run

    build.cache_compilation()

    def stopping():
      # A worker that reads stdin works for its parent only.
      orphan = TRIALS.value is None and os.getppid() != parent
      return signals.stopping() or orphan

    if TRIALS.value:
      run.run(WORKDIR.value, TRIALS.value, stopping=stopping)
    else:
      for line in iter(sys.stdin.readline, ''):
        run.run(WORKDIR.value, line.strip().split(','), stopping=stopping)
        if stopping():
          break
        print(line.strip(), flush=True)
  return signals.status()


def run() -> None:
  """The command: its flags, errors in one line, its exit status."""
  launch.run(main, required=[WORKDIR])


if __name__ == '__main__':
  run()
