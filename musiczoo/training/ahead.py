"""Batches of the next dispatch, made in a thread while the device works."""

from collections.abc import Callable, Sequence
from concurrent import futures

import jax
import numpy as np


class Ahead:
  """`with Ahead(batch_at, size) as ahead`: batches by their numbers.

  A batch is a function of its number alone, so that it is the same whether it was
  made ahead or not.
  """

  def __init__(self, batch_at: Callable[[int], dict], size: int):
    """
    Args:
      batch_at: number -> batch.
      size: batches of one dispatch; fewer are filled up with the last.
    """
    self._batch_at, self._size = batch_at, size
    self._numbers, self._future = None, None

  def __enter__(self):
    self._pool = futures.ThreadPoolExecutor(1)
    return self

  def __exit__(self, *error):
    # An interrupted run does not wait for what it no longer needs.
    self._pool.shutdown(wait=False, cancel_futures=True)

  def request(self, numbers: Sequence[int]) -> None:
    """Has the batches with these numbers made; `take` returns them."""
    self._numbers = list(numbers)
    self._future = self._pool.submit(self._stacked, self._numbers)

  def take(self, numbers: Sequence[int]) -> dict:
    """The batches with these numbers along a first axis, always `size` long."""
    if self._numbers != list(numbers):
      # Another dispatch than was expected, after a batch that was skipped.
      self.request(numbers)
    self._numbers = None
    return self._future.result()

  def _stacked(self, numbers):
    batches = [self._batch_at(number) for number in numbers]
    batches += batches[-1:] * (self._size - len(batches))
    return jax.tree.map(lambda *a: np.stack(a), *batches)
