"""Note ons and offs walk in, notes walk out; the pedal holds them."""

from typing import NamedTuple

import numpy as np


class Pairs(NamedTuple):
  """Which note off ends which note on.

  Attributes:
    on: int64 [N], indices of note ons.
    off: int64 [N], the index of the note off of each.
    hanging: note ons that nothing ends.
    unmatched: note offs that end nothing.
  """

  on: np.ndarray
  off: np.ndarray
  hanging: int
  unmatched: int


def pair(key: np.ndarray, is_on: np.ndarray) -> Pairs:
  """Pairs ons with offs of the same key, first in, first out.

  Args:
    key: int64 [E], one integer for each channel and pitch.
    is_on: bool [E], note on or note off, in the order of time.
  """
  order = np.argsort(key, kind='stable')
  key, is_on = key[order], is_on[order]
  first = np.flatnonzero(np.append(True, key[1:] != key[:-1])[: len(key)])
  group = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(key))))

  # The balance of ons and offs within a group. Each time it reaches a new
  # depth below zero, the off had nothing to end. One running minimum serves
  # all groups, since each lies lower than the one before it.
  step = np.where(is_on, 1, -1)
  balance = np.cumsum(step)
  balance -= (balance - step)[first][group]
  floor = -group * (len(key) + 1)
  depth = np.minimum.accumulate(np.minimum(balance, 0) + floor)
  before = np.append(0, depth[:-1])[: len(key)]
  before[first] = floor[first]
  unmatched = depth < before

  ons, offs = np.flatnonzero(is_on), np.flatnonzero(~is_on & ~unmatched)
  # The k-th off of a group ends its k-th on.
  group = group[offs]
  rank = np.arange(len(offs)) - np.searchsorted(offs, first)[group]
  mate = ons[np.searchsorted(ons, first)[group] + rank]
  return Pairs(
      order[mate],
      order[offs],
      len(ons) - len(offs),
      np.count_nonzero(unmatched),
  )


class Changes(NamedTuple):
  """What was set to which value when.

  Attributes:
    key: int64 [K], what was set, such as the program of a channel.
    time: int64 [K], when, 0..2**32 - 1: a count of events, not ticks.
    value: int64 [K].
  """

  key: np.ndarray
  time: np.ndarray
  value: np.ndarray


def last_before(changes: Changes, key, time, default) -> np.ndarray:
  """int64 [Q]: the value in force for each `key` [Q] at each `time` [Q]."""
  return _look_up(changes, key, time, default, -1)


def first_after(changes: Changes, key, time, default) -> np.ndarray:
  """int64 [Q]: the value that each `key` [Q] takes next after `time` [Q]."""
  return _look_up(changes, key, time, default, 0)


def sustain(on, off, output, pitch, pedal: Changes) -> np.ndarray:
  """The times at which notes fall silent when the pedal holds them.

  A note let go while the pedal is down sounds on until the pedal is lifted or
  the same key is struck again. A pedal that is never lifted lifts with the last
  note off.

  Args:
    on: int64 [N], the time of each note on; times are counts of events.
    off: int64 [N], the time of its note off.
    output: int64 [N], its port and channel.
    pitch: int64 [N].
    pedal: output, time and whether the pedal goes down (1) or up (0).

  Returns:
    int64 [N], the times at which the notes end; none is before `off`.
  """
  held = last_before(pedal, output, off, 0)
  up = pedal.value == 0
  lifts = Changes(pedal.key[up], pedal.time[up], pedal.time[up])
  key = output << 7 | pitch
  lifted = first_after(lifts, output, off, off.max(initial=0))
  never = np.iinfo(np.int64).max
  struck = first_after(Changes(key, on, on), key, off, never)
  return np.where(held, np.minimum(lifted, struck), off)


def _look_up(changes, key, time, default, shift):
  if not len(changes.key):
    return np.full(len(key), default, np.int64)
  order = np.argsort(changes.key << 32 | changes.time)
  found = changes.key[order] << 32 | changes.time[order]
  at = np.searchsorted(found, key << 32 | time, 'right') + shift
  at = order[np.clip(at, 0, len(order) - 1)]
  right = (changes.key[at] == key) & (
      (changes.time[at] <= time) if shift else (changes.time[at] > time)
  )
  return np.where(right, changes.value[at], default)
