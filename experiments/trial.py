"""Runs trials of a sweep: those it is named, or those it is told of by stdin.

`experiments.sweep` starts this; its workdir knows the trials.
"""

import os
import sys

from absl import flags

from . import launch

WORKDIR = flags.DEFINE_string('workdir', None, 'Folder of the sweep.')
TRIALS = flags.DEFINE_list(
  'trials',
  None,
  'Ids of trials to run side by side. Without: a line of them at a time is '
  'read, and a line answers when they are done.',
)


def main() -> int:
  launch.require(workdir=WORKDIR.value)
  parent = os.getppid()
  with launch.Signals() as signals:
    from musiczoo import build
    from musiczoo.runs.sweep import run

    build.cache_compilation()

    def stopping():
      # Who is told by stdin works for its parent only.
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
  return 128 + signals.received if signals.received else 0


def run() -> None:
  """The command: its flags, errors in one line, its exit status."""
  launch.run(main)


if __name__ == '__main__':
  run()
