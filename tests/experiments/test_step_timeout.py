"""The watchdog ends a process that hangs, and no other."""

import subprocess
import sys

from experiments import processes
from tests.experiments.test_processes import ROOT

PROGRAM = """
import time
from absl import flags
from experiments import step_timeout

flags.FLAGS(['train'])
watchdog = step_timeout.Watchdog(minutes=0.02)
time.sleep(1.5)  # It has not begun.
for step in range(4, 8):
  watchdog.reached(step)
  time.sleep(0.5)
if {hangs}:
  time.sleep(60)
watchdog.end()
time.sleep(2)
"""


def run(hangs):
  program = PROGRAM.format(hangs=hangs)
  return subprocess.run(
    [sys.executable, '-c', program],
    cwd=ROOT,
    capture_output=True,
    text=True,
    timeout=50,
  )


def test_a_run_that_goes_on_is_left_alone():
  done = run(hangs=False)
  assert done.returncode == 0 and not done.stderr


def test_the_last_step_is_named():
  done = run(hangs=True)
  assert done.returncode == processes.AGAIN
  (line,) = done.stderr.splitlines()
  assert line.startswith('error: stuck after step 7: ')
  assert '--step_timeout=0.02 minutes' in line
