"""Jobs and workers -> each job run once, by a worker that is free."""

from collections.abc import Callable, Sequence
from concurrent import futures
import pathlib
import threading
from typing import NamedTuple

import musiczoo
from musiczoo.runs import locks
from musiczoo.runs.sweep import trials

Job = tuple[str, ...]
# For PYTHONPATH: the folder that musiczoo is imported from, on any node.
ROOT = pathlib.Path(musiczoo.__file__).parents[1]


class LaunchOptions(NamedTuple):
  """How a launcher runs the jobs of a sweep.

  Attributes:
    workdir: absolute, of the sweep.
    workers: jobs at a time.
    command: arguments of Python that run jobs: with `--trials=ID,ID` that one,
      else each line `ID,ID` of stdin, which it prints when the job has ended.
    stopping: called all the time; True has all saved and ended.
    report: called with each job that has ended, finished or not.
  """

  workdir: pathlib.Path
  workers: int
  command: list[str]
  stopping: Callable[[], bool]
  report: Callable[[Job], None]


def schedule(
  jobs: Sequence[Job], options: LaunchOptions, workers: Sequence
) -> None:
  """Runs all jobs on the workers, then closes them.

  Jobs that another sweep is running come last: by then they may be finished.

  Args:
    workers: each with `run(job)`, `stop()` and `close()`, as `workers.Worker`.
  """
  left, lock = list(jobs), threading.Lock()

  def take():
    with lock:
      free = (job for job in left if not _is_held(options.workdir, job))
      job = next(free, left[0] if left else None)
      if job is not None:
        left.remove(job)
      return job

  def work(worker):
    while not options.stopping() and (job := take()) is not None:
      worker.run(job)
      with lock:
        options.report(job)

  # A thread only waits for its worker.
  pool = futures.ThreadPoolExecutor(len(workers))
  try:
    waiting = [pool.submit(work, worker) for worker in workers]
    stopped = False
    while futures.wait(waiting, timeout=0.2).not_done:
      if options.stopping() and not stopped:
        stopped = True
        for worker in workers:
          worker.stop()
    for done in waiting:
      done.result()
  finally:
    for worker in workers:
      worker.close()  # Before the threads that wait for them.
    pool.shutdown(cancel_futures=True)


def _is_held(workdir, job):
  return any(locks.is_held(trials.folder(workdir, i)) for i in job)
