"""Look-up of the setting (program, bank, pedal) in force at an event."""

from typing import NamedTuple

import numpy as np


class Changes(NamedTuple):
  """Settings, and the times at which they were made.

  Attributes:
    key: int64 [K], what was set, such as the program of a channel.
    time: int64 [K], when, 0..2**32 - 1: a count of events, not ticks.
    value: int64 or bool [K].
  """

  key: np.ndarray
  time: np.ndarray
  value: np.ndarray


def last_before(
  changes: Changes, key: np.ndarray, time: np.ndarray, default: int
) -> np.ndarray:
  """int64 [Q]: the value in force for each `key` [Q] at each `time` [Q]."""
  return _look_up(changes, key, time, default, -1)


def first_after(
  changes: Changes, key: np.ndarray, time: np.ndarray, default: int
) -> np.ndarray:
  """int64 [Q]: the value that each `key` [Q] takes next after `time` [Q]."""
  return _look_up(changes, key, time, default, 0)


def _look_up(changes, key, time, default, shift):
  if not len(changes.key):
    return np.full(len(key), default, changes.value.dtype)
  # Key and time are one number, so that one search finds both.
  moments = changes.key << 32 | changes.time
  order = np.argsort(moments)
  at = np.searchsorted(moments[order], key << 32 | time, 'right') + shift
  # Beside the last moment of a key may lie one of another, or none.
  inside = (at >= 0) & (at < len(order))
  at = order[np.where(inside, at, 0)]
  found = inside & (changes.key[at] == key)
  return np.where(found, changes.value[at], default)
