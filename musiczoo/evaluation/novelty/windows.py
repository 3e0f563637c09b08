"""Windows that occur both in new and in training pieces.

Windows are identified by numbers, as by Karp, Miller and Rosenberg (1972): each
distinct frame has a number, and the numbers of two windows, with the distance of
their pitches, identify the longer window that they form. Only shared windows are
kept. So a match is exact, without collisions of hashes, and what is not shared
is dropped early.
"""

from typing import NamedTuple

import numpy as np

from musiczoo.evaluation.novelty.frames import (
  GAP,
  Index,
  lowest,
  packed,
  transposed_to_lowest,
)


class Windows(NamedTuple):
  """The windows of one length that begin at each of N frames.

  Attributes:
    id: int32 [N], the same for equal windows, or the gap.
    low: int16 [N], lowest pitch of the first frame that sounds; -1 if none.
  """

  id: np.ndarray
  low: np.ndarray


class Match(NamedTuple):
  """New and training windows of `frames` frames, with common ids."""

  frames: int
  new: Windows
  train: Windows


class _Joined(NamedTuple):
  """M windows, each made up of two.

  Attributes:
    at: int64 [M], their first frames.
    code: int64 [M], the same for equal windows; exact below 2**27 ids.
    low: int16 [M], as in `Windows`.
  """

  at: np.ndarray
  code: np.ndarray
  low: np.ndarray


def match_frames(train: Index, new: Index, transposed: bool) -> Match:
  """Windows of one frame; if transposed, equal up to a shift in pitch."""
  tables = new.table, train.table
  lows = [lowest(table) for table in tables]
  if transposed:
    tables = [
      transposed_to_lowest(table, low) for table, low in zip(tables, lows)
    ]
  rows = [packed(table) for table in tables]
  _, ids = np.unique(np.concatenate(rows), return_inverse=True)
  ids = np.split(ids.astype(np.int32), [len(rows[0])])
  windows = []
  for pieces, own, other, low in zip((new, train), ids, ids[::-1], lows):
    shared = np.isin(own, other)
    # One more row, for the gap, -1.
    own = np.append(np.where(shared, own, GAP), np.int32(GAP))
    low = np.append(np.where(shared, low, -1), np.int16(-1))
    windows.append(Windows(own[pieces.frames], low[pieces.frames]))
  return Match(1, *windows)


def extend(match: Match, step: int) -> Match:
  """Windows that are `step` frames longer, at most twice as long."""
  base = int(match.new.id.max(initial=0)) + 1
  new, train = (
    _join(windows, step, base) for windows in (match.new, match.train)
  )
  codes = np.unique(new.code)
  both = codes[np.isin(codes, train.code)]  # Shared windows.
  return Match(
    match.frames + step,
    _spread(len(match.new.id), new, both),
    _spread(len(match.train.id), train, both),
  )


def _join(windows, step, base):
  """Joins the windows at i and i + step, for all i where both are."""
  at = np.flatnonzero(windows.id != GAP)
  at = at[windows.id[at + step] != GAP]
  (left, right), (left_low, right_low) = (
    (array[at], array[at + step]) for array in windows
  )
  both = (left_low >= 0) & (right_low >= 0)
  shift = np.where(both, right_low - left_low, 0)
  code = (left.astype(np.int64) * base + right) * 512 + (shift + 256)
  return _Joined(at, code, np.where(left_low >= 0, left_low, right_low))


def _spread(num_frames, joined, codes):
  """The joined windows whose code is among `codes`, which are sorted."""
  windows = Windows(
    np.full(num_frames, GAP, np.int32), np.full(num_frames, -1, np.int16)
  )
  ids = np.searchsorted(codes, joined.code)
  known = np.append(codes, -1)[ids] == joined.code
  at = joined.at[known]
  windows.id[at] = ids[known]
  windows.low[at] = joined.low[known]
  return windows
