"""New and training frames walk in; windows that both have walk out.

Windows are compared by names, after Karp, Miller and Rosenberg (1972): each
distinct frame has a number, and two windows with the distance of their pitches
name the longer window that they make up. Only names that both have live on. So
a match is exact, with no hash to collide, and what is not shared drops out
early.
"""

from typing import NamedTuple

import numpy as np

from musiczoo.evaluation.novelty.frames import (
  GAP,
  Index,
  lowered,
  lowest,
  packed,
)


class Windows(NamedTuple):
  """The windows of one length that begin at each of N frames.

  Attributes:
    name: int32 [N], the same for windows that are alike, or the gap.
    low: int16 [N], lowest pitch of the first frame that sounds; -1 if none.
  """

  name: np.ndarray
  low: np.ndarray


class Match(NamedTuple):
  """New and training windows of `frames` frames, by common names."""

  frames: int
  new: Windows
  train: Windows


class _Joined(NamedTuple):
  """M windows, each made up of two.

  Attributes:
    at: int64 [M], where they begin.
    code: int64 [M], alike for those alike; exact below 2**27 names.
    low: int16 [M], as in `Windows`.
  """

  at: np.ndarray
  code: np.ndarray
  low: np.ndarray


def match_frames(train: Index, new: Index, transposed: bool) -> Match:
  """Windows of one frame; if transposed, alike whatever their lowest pitch."""
  if new.table.shape[1] != train.table.shape[1]:
    raise ValueError('the new pieces and train differ in representation')
  tables = new.table, train.table
  lows = [lowest(table) for table in tables]
  if transposed:
    tables = [lowered(table, low) for table, low in zip(tables, lows)]
  rows = [packed(table) for table in tables]
  _, names = np.unique(np.concatenate(rows), return_inverse=True)
  names = np.split(names.astype(np.int32), [len(rows[0])])
  windows = []
  for pieces, name, other, low in zip(
      (new, train), names, names[::-1], lows
  ):
    shared = np.isin(name, other)
    # One more row, which the gap, -1, picks.
    name = np.append(np.where(shared, name, GAP), np.int32(GAP))
    low = np.append(np.where(shared, low, -1), np.int16(-1))
    windows.append(Windows(name[pieces.frames], low[pieces.frames]))
  return Match(1, *windows)


def extend(match: Match, step: int) -> Match:
  """Windows that are `step` frames longer, but not over twice as long."""
  base = int(match.new.name.max(initial=0)) + 1
  new, train = (
      _join(windows, step, base) for windows in (match.new, match.train)
  )
  codes = np.unique(new.code)
  both = codes[np.isin(codes, train.code)]  # Only what both have goes on.
  return Match(
      match.frames + step,
      _spread(len(match.new.name), new, both),
      _spread(len(match.train.name), train, both),
  )


def _join(windows, step, base):
  """Joins the windows at i and i + step, for all i where both are."""
  at = np.flatnonzero(windows.name != GAP)
  at = at[windows.name[at + step] != GAP]
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
  name = np.searchsorted(codes, joined.code)
  known = np.append(codes, -1)[name] == joined.code
  at = joined.at[known]
  windows.name[at] = name[known]
  windows.low[at] = joined.low[known]
  return windows
