"""Windows that occur both in new and in training pieces.

Windows are identified by numbers, as by Karp, Miller and Rosenberg (1972): each
distinct frame has a number, and the numbers of two windows, with the distance of
their pitches, identify the longer window that they form. Only shared windows are
kept. So a match is exact, without collisions of hashes, and what is not shared
is dropped early.
"""

from typing import NamedTuple

import numpy as np

from musiczoo.evaluation.novelty import frames as frames_lib
from musiczoo.evaluation.novelty.frames import GAP, Index


class Windows(NamedTuple):
  """Windows of one length that occur both in new and in training pieces.

  The N frames are those of the new pieces, then those of the training pieces.

  Attributes:
    frames: length of the windows.
    num_new: how many of the N frames are of new pieces.
    id: int32 [N], of the window that begins at each frame, the same for equal
      windows; the gap if it is not shared, or leaves its piece.
    low: int16 [N], lowest pitch of its first frame that sounds; -1 if none.
  """

  frames: int
  num_new: int
  id: np.ndarray
  low: np.ndarray

  @property
  def copied(self) -> np.ndarray:
    """Which windows of the new pieces are shared and sound: bool [num_new]."""
    return self.low[: self.num_new] >= 0


def match_frames(new: Index, train: Index, transposed: bool) -> Windows:
  """Windows of one frame; if transposed, equal up to a shift in pitch."""
  table = np.concatenate([new.table, train.table])
  low = frames_lib.lowest(table)
  if transposed:
    table = frames_lib.transposed_to_lowest(table, low)
  _, code = np.unique(frames_lib.packed(table), return_inverse=True)
  after = train.frames + np.where(train.frames == GAP, 0, len(new.table))
  row = np.concatenate([new.frames, after])
  at = np.flatnonzero(row != GAP)
  row, size = row[at], (len(new.frames), len(row))
  return _shared(1, *size, at, code[row], low[row])


def extend(windows: Windows, step: int) -> Windows:
  """Windows that are `step` frames longer, at most twice as long."""
  frames, num_new, ids, low = windows
  at = np.flatnonzero(ids != GAP)
  at = at[ids[at + step] != GAP]
  left, right = low[at], low[at + step]
  shift = np.where((left >= 0) & (right >= 0), right - left, 0)
  # Exact below 2**27 ids.
  pair = ids[at].astype(np.int64) * (int(ids.max()) + 1) + ids[at + step]
  code = pair * 512 + (shift + 256)
  low = np.where(left >= 0, left, right)
  return _shared(frames + step, num_new, len(ids), at, code, low)


def _shared(frames, num_new, size, at, code, low):
  """The windows whose code occurs both in new and in training pieces.

  Args:
    at: int64 [M], their first frames.
    code: int64 [M], the same for equal windows.
    low: int16 [M], as in `Windows`.
  """
  codes = np.unique(code[at < num_new])
  codes = codes[np.isin(codes, code[at >= num_new])]
  ids = np.searchsorted(codes, code)
  shared = np.append(codes, -1)[ids] == code
  found = np.full(size, GAP, np.int32), np.full(size, -1, np.int16)
  for array, values in zip(found, (ids, low)):
    array[at[shared]] = values[shared]
  return Windows(frames, num_new, *found)
