"""Jobs and workers -> each job run once, by whoever is free."""

from collections.abc import Sequence
from concurrent import futures
import threading

from musiczoo.runs.sweep import locks, trials

from .ask import Ask


def deal(jobs: Sequence[tuple[str, ...]], ask: Ask, workers: Sequence) -> None:
  """Has the workers work through the jobs; closes them.

  Jobs that another sweep is at come last: by then they may be done.

  Args:
    workers: each with `run(job)`, `stop()` and `close()`, as `Worker` has.
  """
  left, lock = list(jobs), threading.Lock()

  def take():
    with lock:
      free = (job for job in left if not _is_held(ask.workdir, job))
      job = next(free, left[0] if left else None)
      if job is not None:
        left.remove(job)
      return job

  def work(worker):
    while not ask.stopping() and (job := take()) is not None:
      worker.run(job)
      with lock:
        ask.report(job)

  # A thread only waits for its worker.
  pool = futures.ThreadPoolExecutor(len(workers))
  try:
    waiting = [pool.submit(work, worker) for worker in workers]
    stopped = False
    while futures.wait(waiting, timeout=0.2).not_done:
      if ask.stopping() and not stopped:
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
