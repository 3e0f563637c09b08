"""Measured rates of a run: steps, examples and tokens per second."""

from collections.abc import Callable, Mapping
import contextlib
import time


class Throughput:
  """Times dispatches and waits for data; `read` gives rates since the last read.

  A dispatch lasts from the end of the one before it, or from `begin` if the device
  had nothing to do. The first is left out: the compiler is in it.
  """

  def __init__(self, amounts: Mapping[str, float]):
    """Args: amounts, name -> how much of it one step does."""
    self._amounts = amounts
    self._begun = self._since = time.perf_counter()
    self._compiling = True
    self._reset()

  def _reset(self):
    self._steps, self._waited, self._took = 0, 0.0, 0.0

  def begin(self) -> None:
    """Notes that a dispatch begins and none is before it."""
    self._since = time.perf_counter()

  @contextlib.contextmanager
  def waiting(self, is_idle: Callable[[], bool]):
    """Times a wait for data; it counts if the device is idle at its end."""
    since = time.perf_counter()
    yield
    if is_idle():
      self._waited += time.perf_counter() - since

  def end(self, steps: int) -> None:
    """Notes that a dispatch of so many steps has ended."""
    now = time.perf_counter()
    self._took += now - self._since
    self._since = now
    self._steps += steps
    if self._compiling:
      self._compiling = False
      self._reset()

  def read(self) -> dict[str, float]:
    """Seconds since construction and, if there were steps, the rates."""
    result = {'seconds': round(time.perf_counter() - self._begun, 3)}
    if self._steps:
      rate = self._steps / self._took
      result |= {
        'seconds_per_step': self._took / self._steps,
        'steps_per_second': rate,
        **{f'{k}_per_second': v * rate for k, v in self._amounts.items()},
        'share_waiting_for_data': self._waited / self._took,
      }
    self._reset()
    return {k: float(f'{v:.6g}') for k, v in result.items()}
