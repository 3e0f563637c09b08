"""An index of the distinct frames of piano-rolls."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from musiczoo.representations.pianoroll import KEYS

GAP = -1  # The number after each piece; also of a window that contains it.


class Index(NamedTuple):
  """Pieces end to end, N frames in all, with a gap after each.

  Attributes:
    starts: int64 [pieces], first frame of each.
    frames: int32 [N], row of `table`, or the gap.
    table: bool [U, 88], the distinct frames.
  """

  starts: np.ndarray
  frames: np.ndarray
  table: np.ndarray


def index(pieces: Iterable[np.ndarray]) -> Index:
  """Indexes piano-rolls [T, 88], at least one."""
  rows = [packed(np.asarray(x) > 0) for x in pieces]
  table, row = np.unique(np.concatenate(rows), return_inverse=True)
  ends = np.cumsum([len(x) for x in rows])
  return Index(
    starts=np.append(0, ends[:-1]) + np.arange(len(rows)),
    frames=np.insert(row.astype(np.int32), ends, GAP),
    table=_unpacked(table),
  )


def locate(pieces: Index, frame: int) -> tuple[int, int]:
  """The number of the piece that a frame is in, and its place there."""
  piece = int(np.searchsorted(pieces.starts, frame, side='right')) - 1
  return piece, int(frame - pieces.starts[piece])


def num_windows(pieces: Index, frames: int) -> np.ndarray:
  """The number of windows within each piece that are not silent, [pieces]."""
  # One more row, for the gap, -1.
  sounds = np.append(pieces.table.any(axis=1), False)[pieces.frames]
  counts = []
  for flags in pieces.frames == GAP, sounds:
    total = np.append(0, np.cumsum(flags))
    counts.append(total[frames:] - total[:-frames])
  gaps, sounding = counts
  return per_piece(pieces, (gaps == 0) & (sounding > 0))


def per_piece(pieces: Index, windows: np.ndarray) -> np.ndarray:
  """How many windows of each piece are marked, int64 [pieces].

  Args:
    windows: bool, of each frame or of the first ones, where windows begin.
  """
  first = np.flatnonzero(windows)
  piece = np.searchsorted(pieces.starts, first, side='right') - 1
  return np.bincount(piece, minlength=len(pieces.starts))


def lowest(table: np.ndarray) -> np.ndarray:
  """The lowest pitch of each frame, int16 [U]; -1 if it is silent."""
  low = np.argmax(table, axis=1)
  return np.where(table.any(axis=1), low, -1).astype(np.int16)


def transposed_to_lowest(table: np.ndarray, low: np.ndarray) -> np.ndarray:
  """Frames transposed so that the lowest pitch is the first key."""
  moved = np.zeros_like(table)
  for shift in range(table.shape[1]):
    rows = np.flatnonzero(low == shift)
    moved[rows, : table.shape[1] - shift] = table[rows, shift:]
  return moved


def packed(rows: np.ndarray) -> np.ndarray:
  """bool [N, 88] -> byte strings [N], which sort faster."""
  rows = np.ascontiguousarray(np.packbits(rows, axis=1))
  return rows.view(f'S{rows.shape[1]}')[:, 0]


def _unpacked(rows):
  rows = rows.view(np.uint8).reshape(-1, rows.itemsize)
  return np.unpackbits(rows, axis=1, count=KEYS).astype(bool)
