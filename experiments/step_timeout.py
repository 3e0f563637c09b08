"""Ends a run that is alive but stuck, as in a collective that never returns.

The runtime notices a process that has died, not one whose main thread hangs.
"""

from collections.abc import Iterator
import contextlib
import os
import sys
import threading
import time

from absl import flags

from . import processes

STEP_TIMEOUT = flags.DEFINE_float(
  'step_timeout',
  None,
  'Minutes that a dispatch, an evaluation or a checkpoint may take before the run '
  f'is stuck and ends with status {processes.AGAIN}; 10 of many processes; one '
  'alone may take any time.',
  lower_bound=0.001,
)
_DEFAULT = 10.0


class Watchdog:
  """A thread that ends this process if `reached` is not called in time."""

  def __init__(self, minutes: float | None):
    """Args: minutes, None: any time will do."""
    self._minutes = minutes
    self._step, self._since = None, time.monotonic()
    self._ended = threading.Event()
    self._thread = threading.Thread(target=self._watch, daemon=True)

  def reached(self, step: int) -> None:
    """Notes that the run goes on after this step; the first call begins."""
    self._step, self._since = step, time.monotonic()
    if self._minutes is not None and not self._thread.is_alive():
      self._thread.start()

  def end(self) -> None:
    """Ends the watch."""
    self._ended.set()

  def _watch(self):
    seconds = 60 * self._minutes
    while not self._ended.wait(min(1.0, seconds / 4)):
      if time.monotonic() - self._since > seconds:
        print(
          f'error: stuck after step {self._step}: nothing came of the next for '
          f'--step_timeout={self._minutes:g} minutes: start the run again, all of '
          'its processes: it goes on from the newest checkpoint',
          file=sys.stderr,
          flush=True,
        )
        # Without cleaning up: the main thread does not answer.
        os._exit(processes.STUCK if processes.many() else processes.AGAIN)


@contextlib.contextmanager
def watching() -> Iterator[Watchdog]:
  """`with watching() as watchdog`: watches if it was asked for, or of many."""
  minutes = STEP_TIMEOUT.value or (_DEFAULT if processes.many() else None)
  watchdog = Watchdog(minutes)
  try:
    yield watchdog
  finally:
    watchdog.end()
