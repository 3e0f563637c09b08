"""Pieces walk in; their frames, each a number in a table, walk out."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from musiczoo.representations.pianoroll import HIGH, LOW

GAP = -1  # The number after each piece; also of a window that runs over it.
_KEYS = HIGH - LOW + 1


class Index(NamedTuple):
  """Pieces end to end, N frames in all, with a gap after each.

  Attributes:
    starts: int64 [pieces], where each begins.
    frames: int32 [N], the row of `table` that sounds, or the gap.
    table: the distinct frames: bool [U, 88] of a roll, or uint8 [U, V] of
      lines, 0 for a rest and one more for each semitone.
  """

  starts: np.ndarray
  frames: np.ndarray
  table: np.ndarray


def index(pieces: Iterable[np.ndarray]) -> Index:
  """Prepares pieces, at least one: all [T, 88], all [T, V] or all [T]."""
  rows, like = [], None
  for x in pieces:
    like = _sounding(x)
    rows.append(packed(like))
  table, row = np.unique(np.concatenate(rows), return_inverse=True)
  ends = np.cumsum([len(x) for x in rows])
  return Index(
      starts=np.append(0, ends[:-1]) + np.arange(len(rows)),
      frames=np.insert(row.astype(np.int32), ends, GAP),
      table=_unpacked(table, like),
  )


def place(pieces: Index, frame: int) -> tuple[int, int]:
  """The number of the piece that a frame is in, and its place there."""
  piece = int(np.searchsorted(pieces.starts, frame, side='right')) - 1
  return piece, int(frame - pieces.starts[piece])


def num_heard(pieces: Index, frames: int) -> int:
  """How many windows of so many frames lie in one piece and sound."""
  # One more row, which the gap, -1, picks.
  heard = np.append(pieces.table.any(axis=1), False)[pieces.frames]
  counts = []
  for flags in pieces.frames == GAP, heard:
    passed = np.append(0, np.cumsum(flags))
    counts.append(passed[frames:] - passed[:-frames])
  gaps, sounds = counts
  return int(np.count_nonzero((gaps == 0) & (sounds > 0)))


def lowest(table: np.ndarray) -> np.ndarray:
  """The lowest pitch of each frame, int16 [U]; -1 if it is silent."""
  if table.dtype == bool:
    low = np.argmax(table, axis=1)
  else:
    low = np.where(table > 0, table.astype(np.int16), 255).min(axis=1)
  return np.where(table.any(axis=1), low, -1).astype(np.int16)


def lowered(table: np.ndarray, low: np.ndarray) -> np.ndarray:
  """Frames moved down until the lowest pitch is the lowest there is."""
  if table.dtype != bool:
    return np.where(table > 0, table - low[:, None] + 1, 0).astype(np.uint8)
  moved = np.zeros_like(table)
  for shift in range(table.shape[1]):
    rows = np.flatnonzero(low == shift)
    moved[rows, : table.shape[1] - shift] = table[rows, shift:]
  return moved


def packed(rows: np.ndarray) -> np.ndarray:
  """Rows as byte strings of one length, which sort faster than rows do."""
  if rows.dtype == bool:
    rows = np.packbits(rows, axis=1)
  return np.ascontiguousarray(rows).view(f'S{rows.shape[1]}')[:, 0]


def _unpacked(rows, like):
  rows = rows.view(np.uint8).reshape(-1, rows.itemsize)
  if like.dtype == bool:
    return np.unpackbits(rows, axis=1, count=_KEYS).astype(bool)
  return rows


def _sounding(x):
  """Drops the strikes: bool [T, 88] of a roll, or uint8 symbols [T, V]."""
  if x.ndim == 2 and x.shape[1] == _KEYS:
    return x > 0
  symbols = (x // 2).astype(np.uint8)
  return symbols if x.ndim == 2 else symbols[:, None]
