"""Measured rates of a run: steps, examples and tokens per second."""

from collections.abc import Mapping
import contextlib
import time


class Throughput:
  """Times dispatches and waits for data; `read` gives rates since the last read.

  The first dispatch is left out: the compiler is in it.
  """

  def __init__(self, amounts: Mapping[str, float]):
    """Args: amounts, name -> how much of it one step does."""
    self._amounts = amounts
    self._begun = time.perf_counter()
    self._compiling = True
    self._reset()

  def _reset(self):
    self._steps, self._waited, self._worked = 0, 0.0, 0.0

  @contextlib.contextmanager
  def waiting(self):
    since = time.perf_counter()
    yield
    self._waited += time.perf_counter() - since

  @contextlib.contextmanager
  def working(self, steps: int):
    since = time.perf_counter()
    yield
    if self._compiling:
      self._compiling = False
      self._reset()
    else:
      self._worked += time.perf_counter() - since
      self._steps += steps

  def read(self) -> dict[str, float]:
    """Seconds since construction and, if there were steps, the rates."""
    result = {'seconds': round(time.perf_counter() - self._begun, 3)}
    took = self._waited + self._worked
    if self._steps:
      rate = self._steps / took
      result |= {
        'seconds_per_step': took / self._steps,
        'steps_per_second': rate,
        **{f'{k}_per_second': v * rate for k, v in self._amounts.items()},
        'share_waiting_for_data': self._waited / took,
      }
    self._reset()
    return {k: float(f'{v:.6g}') for k, v in result.items()}
