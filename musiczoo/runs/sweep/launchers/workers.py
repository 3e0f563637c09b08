"""Workers on this machine: child processes that share its cores and GPUs."""

from collections.abc import Sequence
import contextlib
import os
import pathlib
import subprocess
import sys

from musiczoo.runs import locks
from musiczoo.runs.sweep import results, trials
from musiczoo.runs.sweep.launchers.scheduler import (
  Job,
  LaunchOptions,
  ROOT,
  schedule,
)

DIED = 'the process that ran it was killed, and the next one, too: no memory?'


def local(jobs: Sequence[Job], options: LaunchOptions) -> None:
  """Runs jobs in child processes of this one."""
  of = min(options.workers, len(jobs))
  place = options.workdir, options.command
  schedule(jobs, options, [Worker(*place, n, of) for n in range(of)])


class Worker:
  """A child process that runs jobs, and its successor if it dies.

  It has a share of the machine: some cores, and a GPU if there are any. If this
  process dies the child saves and ends.
  """

  def __init__(self, workdir, command, number: int = 0, of: int = 1):
    """Starts nothing yet.

    Args:
      workdir, command: as of `LaunchOptions`.
      number, of: this worker's place among those that share the machine.
    """
    self._workdir = pathlib.Path(workdir)
    self._command = command
    self._number, self._of = number, of
    self._process = None
    self._stopped = False

  def run(self, job: Job) -> None:
    """Returns when the job has ended, was stopped, or has killed two children."""
    for _ in range(2):
      if self._stopped or self._answers(','.join(job)):
        return
      self._end()
    if not self._stopped:
      for trial in job:
        self._give_up(trials.folder(self._workdir, trial))

  def stop(self) -> None:
    """Asks the child to save and end."""
    self._stopped = True
    if self._process is not None:
      self._process.terminate()

  def close(self) -> None:
    """Kills the child."""
    self._stopped = True
    self._end()

  def _give_up(self, folder):
    with locks.held([folder], lambda: True) as held:
      if held and not results.finished(folder):
        results.write(folder, {'status': 'failed', 'reason': DIED})

  def _end(self):
    process, self._process = self._process, None
    if process is not None:
      process.kill()
      with contextlib.suppress(BrokenPipeError), process:  # Closes its pipes.
        pass

  def _answers(self, line):
    try:
      process = self._process = self._process or self._start()
      if self._stopped:  # While it was being started.
        return False
      print(line, file=process.stdin, flush=True)
      for answer in process.stdout:
        if answer.strip() == line:
          return True
    except (BrokenPipeError, ValueError):  # It died before, or is closed.
      pass
    return False

  def _start(self):
    cores = sorted(_cores())
    own = cores[self._number % len(cores) :: self._of] or cores
    environ = dict(os.environ)
    paths = str(ROOT), environ.get('PYTHONPATH')
    environ['PYTHONPATH'] = os.pathsep.join(filter(None, paths))
    if cards := gpus():
      environ['CUDA_VISIBLE_DEVICES'] = cards[self._number % len(cards)]
    with (self._workdir / 'workers.log').open('a') as log:
      process = subprocess.Popen(
        [sys.executable, *self._command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env=environ,
        start_new_session=True,  # Ctrl-C is for this process alone.
      )
    if hasattr(os, 'sched_setaffinity'):  # Linux; before it has threads.
      with contextlib.suppress(ProcessLookupError):
        os.sched_setaffinity(process.pid, own)
    return process


def default_workers() -> int:
  """One worker for each GPU, one for a TPU, else one for each core."""
  if cards := gpus():
    return len(cards)
  if list(pathlib.Path('/dev').glob('accel*')):
    return 1
  return len(_cores())


def gpus() -> list[str]:
  """Names of the GPUs, as in CUDA_VISIBLE_DEVICES."""
  named = os.environ.get('CUDA_VISIBLE_DEVICES')
  if named is not None:
    return [name for name in named.split(',') if name]
  found = pathlib.Path('/dev').glob('nvidia[0-9]*')
  return [str(i) for i, _ in enumerate(found)]


def _cores():
  if hasattr(os, 'sched_getaffinity'):
    return os.sched_getaffinity(0)
  return set(range(os.cpu_count() or 1))
