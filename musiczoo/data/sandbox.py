"""Sandbox: a child process with limits of time and memory for each task."""

from collections.abc import Callable
import multiprocessing
from multiprocessing import resource_tracker
import pathlib
import resource
import signal

from musiczoo.errors import UserError


class Sandbox:
  """Runs a function in a child process, within limits of time and memory.

  If a child dies or hangs, only its task fails, and the next task gets a new
  child. One task at a time; `close` may be called from another thread.
  """

  def __init__(self, function: Callable, seconds: float, megabytes: int):
    """Starts nothing yet.

    Args:
      function: task -> result; it, the tasks and the results can be sent to a
        process. No result is a str.
      seconds: the most wall-clock time that a task may take.
      megabytes: the most memory that a child may add to what it has at its
        start (on Linux; elsewhere it is not limited).
    """
    self._arguments = function, megabytes
    self._seconds = seconds
    self._process = self._pipe = None
    self._closed = False

  def run(self, task):
    """The result; or 'timeout', 'memory', 'crashed' or 'failed'."""
    fresh = self._process is None
    result = self._run_once(task)
    # Memory that earlier tasks have left must not make this one fail.
    if result in ('memory', 'crashed') and not fresh and not self._closed:
      self._stop()
      result = self._run_once(task)
    return result

  def close(self) -> None:
    """Kills the child; a task that is running in it ends as 'crashed'."""
    self._closed = True
    process = self._process  # Another thread may set it to None.
    if process is not None:
      process.kill()
      process.join()

  def _run_once(self, task):
    try:
      if self._process is None:
        self._start()
      if self._closed:  # Meanwhile, by another thread.
        raise EOFError
      self._pipe.send(task)
      if self._pipe.poll(self._seconds):
        return self._pipe.recv()
      self._stop()
      return 'timeout'
    except (EOFError, OSError):
      self._stop()
      return 'crashed'

  def _start(self):
    # Not forked: a process that has threads would lose them in a fork.
    context = multiprocessing.get_context('spawn')
    self._pipe, theirs = context.Pipe()
    process = context.Process(
      target=_serve, args=(theirs, *self._arguments), daemon=True
    )
    # Ctrl-C is for the parent, which ends its children. They inherit the mask.
    resource_tracker.ensure_running()  # Its own start would lift the mask.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    process.start()
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    self._process = process  # Not before: another thread may kill it.
    theirs.close()  # Or the end of the child would not be noticed here.
    try:
      self._pipe.recv()  # It has imported what it needs: the clock may start.
    except EOFError:
      self._stop()
      raise UserError(
        'no child process can be started: check the free memory, and that '
        "the main program has its `if __name__ == '__main__'`"
      ) from None

  def _stop(self):
    if self._process is not None:
      self._process.kill()
      self._process.join()
      self._pipe.close()
      self._process = None


def _serve(pipe, function, megabytes):
  """The main loop of a child, until its parent is gone."""
  _limit_memory(megabytes)
  try:
    pipe.send(None)
    while True:
      pipe.send(_result(function, pipe.recv()))
  except (EOFError, OSError):
    pass


def _result(function, task):
  try:
    return function(task)
  except MemoryError:
    return 'memory'
  except Exception:
    return 'failed'


def _limit_memory(megabytes):
  try:
    pages = int(pathlib.Path('/proc/self/statm').read_text().split()[0])
  except OSError:  # Not Linux, and no other system keeps this limit.
    return
  most = pages * resource.getpagesize() + megabytes * 2**20
  resource.setrlimit(resource.RLIMIT_AS, (most, most))
