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
    unended: bool [E], which events come after the last time that all notes of
      their key had ended; none of a key without hanging notes.
  """

  on: np.ndarray
  off: np.ndarray
  hanging: np.ndarray
  unmatched: np.ndarray
  unended: np.ndarray


def pair(key: np.ndarray, is_on: np.ndarray) -> Pairs:
  """Pairs ons with offs of the same key, first in, first out.

  Args:
    key: int64 [E], one integer for each channel and pitch.
    is_on: bool [E], note on or note off, in the order of time.
  """
  order = np.argsort(key, kind='stable')
  key, is_on = key[order], is_on[order]
  first, group, unmatched, unended = _balance(key, is_on)
  ons, offs = np.flatnonzero(is_on), np.flatnonzero(~is_on & ~unmatched)
  # The k-th off of a group ends its k-th on.
  group = group[offs]
  rank = np.arange(len(offs)) - np.searchsorted(offs, first)[group]
  mate = ons[np.searchsorted(ons, first)[group] + rank]
  hanging = np.setdiff1d(ons, mate, assume_unique=True)
  in_order = np.empty_like(unended)
  in_order[order] = unended
  return Pairs(
    order[mate], order[offs], order[hanging], order[unmatched], in_order
  )


def pair_restruck(
  key: np.ndarray, is_on: np.ndarray, tick: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
  """Pairs each on with the next event of its key: an off, or a later on.

  Args:
    key, is_on: as of `pair`.
    tick: int64 [E], when. Ons of one tick end together.

  Returns:
    on, off, hanging and unmatched, as of `Pairs`.
  """
  order = np.argsort(key, kind='stable')
  key, is_on, tick = key[order], is_on[order], tick[order]
  # Runs of ons of one tick, and each off by itself.
  begins = np.ones(len(key), bool)
  begins[1:] = ~(is_on[1:] & is_on[:-1] & (tick[1:] == tick[:-1]))
  begins[1:] |= key[1:] != key[:-1]
  # The run after the last one is an event that comes before it: no mate.
  mate = np.append(np.flatnonzero(begins), 0)[np.cumsum(begins)]
  has_mate = (mate > np.arange(len(key))) & (key[mate] == key)
  ons, mate = np.flatnonzero(is_on & has_mate), mate[is_on & has_mate]
  unmatched = ~is_on
  unmatched[mate] = False
  return (
    order[ons],
    order[mate],
    order[is_on & ~has_mate],
    order[unmatched],
  )


def _balance(key, is_on):
  """Of events sorted by key, how many notes sound.

  Returns:
    where each group of a key begins; and of each event the number of its group,
    whether it ends nothing, and whether it is `unended` as of `Pairs`.
  """
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
  # Where a group is last silent; what comes after is not all ended.
  place = np.arange(len(key))
  silent = np.where(balance == depth - floor, place, -1)
  if len(key):
    silent = np.maximum.reduceat(silent, first)[group]
  return first, group, unmatched, place > silent
