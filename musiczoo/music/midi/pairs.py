"""Pairing of note ons with note offs, first in, first out."""

from typing import NamedTuple

import numpy as np


class Pairs(NamedTuple):
  """Which note off ends which note on.

  Attributes:
    on: int64 [N], indices of note ons.
    off: int64 [N], the index of the note off of each.
    hanging: int64 [H], indices of note ons that nothing ends.
    unmatched: int64 [U], indices of note offs that end nothing.
  """

  on: np.ndarray
  off: np.ndarray
  hanging: np.ndarray
  unmatched: np.ndarray


def pair(key: np.ndarray, is_on: np.ndarray) -> Pairs:
  """Pairs ons with offs of the same key, first in, first out.

  Args:
    key: int64 [E], one integer for each channel and pitch.
    is_on: bool [E], note on or note off, in the order of time.
  """
  order = np.argsort(key, kind='stable')
  key, is_on = key[order], is_on[order]
  begins = np.append(True, key[1:] != key[:-1])[: len(key)]
  first, group = np.flatnonzero(begins), np.cumsum(begins) - 1

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
  hanging = np.setdiff1d(ons, mate, assume_unique=True)
  return Pairs(order[mate], order[offs], order[hanging], order[unmatched])
