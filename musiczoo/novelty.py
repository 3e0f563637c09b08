"""New pieces and the training pieces walk in; what was copied walks out.

A piece is an encoded `pianoroll`, `voices` or `melody`; what others encode can
go through the piano-roll of its Score. Frames are compared by what sounds:
strikes are ignored. Windows of frames are alike *verbatim* if all their frames
are, and *transposed* if a common shift in semitones, or none, makes them so. A
window of silence is no music and never counts, neither as a copy nor as new.

Windows are compared by names, after Karp, Miller and Rosenberg (1972): each
distinct frame has a number, and two windows with the distance of their pitches
name the longer window that they make up. The new pieces give the names, and the
training pieces look up theirs. So a match is exact, with no hash to collide,
and training frames which no new piece shares drop out early.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from musiczoo.representations.pianoroll import HIGH, LOW

WINDOWS = (4, 8, 16)  # Frames; powers of two.
_KEYS = HIGH - LOW + 1
_GAP = -1  # The name of a window that runs over the end of a piece.


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


class _Windows(NamedTuple):
  """The windows of one length that begin at each of N frames.

  Attributes:
    name: int32 [N], the same for windows that are alike, or the gap.
    low: int16 [N], lowest pitch of the first frame that sounds; -1 if none.
  """

  name: np.ndarray
  low: np.ndarray


class _Match(NamedTuple):
  """New and training windows of `frames` frames, by common names."""

  frames: int
  new: _Windows
  train: _Windows


def index(pieces: Sequence[np.ndarray]) -> Index:
  """Prepares pieces, at least one: all [T, 88], all [T, V] or all [T]."""
  rows = np.concatenate([_packed(_sounding(x)) for x in pieces])
  table, row = np.unique(rows, return_inverse=True)
  ends = np.cumsum([len(x) for x in pieces])
  return Index(
      starts=np.append(0, ends[:-1]) + np.arange(len(pieces)),
      frames=np.insert(row.astype(np.int32), ends, _GAP),
      table=_unpacked(table, like=_sounding(pieces[0])),
  )


def report(
    train: Index, pieces: Sequence[np.ndarray]
) -> dict[str, float | dict[str, int] | None]:
  """What of new pieces occurs in the training pieces.

  Only beside the report of a real test split do the shares say anything:
  music repeats itself.

  Args:
    train: `index` of the training pieces.
    pieces: the new pieces, in the same representation.

  Returns:
    'verbatim_4', 'transposed_4' and so on for all of `WINDOWS`: the share of
    windows of so many frames found in train; 0 if there are no windows.
    'longest_verbatim' and 'longest_transposed': the longest copied span, or
    None: its length 'frames'; 'piece' and 'start', where it is in the new
    pieces; 'source' and 'source_start', where it is in train; 'semitones', how
    far above its source it is. Of several the first.

  Raises:
    ValueError: the pieces are laid out otherwise than those of train.
  """
  new = index(pieces)
  if new.table.shape[1] != train.table.shape[1]:
    raise ValueError('the new pieces and train differ in representation')
  return {
      **_compare(train, new, transposed=False),
      **_compare(train, new, transposed=True),
  }


def _compare(train, new, *, transposed):
  shares = dict.fromkeys(WINDOWS, 0.0)
  longest, longer = None, _match_frames(train, new, transposed)
  while (copied := _copied(longer)).any():
    if longer.frames in shares:
      total = np.count_nonzero(longer.new.low >= 0)
      shares[longer.frames] = float(np.count_nonzero(copied) / total)
    longest = longer
    longer = _extend(longest, longest.frames)
  # The longest is less than twice as long: half as much, a quarter, and so on.
  step = longest.frames // 2 if longest else 0
  while step:
    longer = _extend(longest, step)
    if _copied(longer).any():
      longest = longer
    step //= 2
  sense = 'transposed' if transposed else 'verbatim'
  return {
      **{f'{sense}_{k}': share for k, share in shares.items()},
      f'longest_{sense}': longest and _span(train, new, longest),
  }


def _match_frames(train, new, transposed):
  """Windows of one frame; if transposed, alike whatever their lowest pitch."""
  tables = new.table, train.table
  lows = [_low(table) for table in tables]
  if transposed:
    tables = [_lowered(table, low) for table, low in zip(tables, lows)]
  rows = [_packed(table) for table in tables]
  _, names = np.unique(np.concatenate(rows), return_inverse=True)
  names = np.split(names.astype(np.int32), [len(rows[0])])
  names[1][~np.isin(names[1], names[0])] = _GAP  # No window has it.
  windows = []
  for pieces, name, low in zip((new, train), names, lows):
    # One more row, which the gap, -1, picks.
    name, low = np.append(name, np.int32(_GAP)), np.append(low, np.int16(-1))
    windows.append(_Windows(name[pieces.frames], low[pieces.frames]))
  return _Match(1, *windows)


def _extend(match, step):
  """Windows that are `step` frames longer, but not over twice as long."""
  base = int(match.new.name.max(initial=0)) + 1
  at, code, low = _join(match.new, step, base)
  codes, name = np.unique(code, return_inverse=True)
  new = _spread(len(match.new.name), at, name, low)
  at, code, low = _join(match.train, step, base)
  name = np.searchsorted(codes, code)
  known = np.append(codes, -1)[name] == code
  train = _spread(len(match.train.name), at[known], name[known], low[known])
  return _Match(match.frames + step, new, train)


def _join(windows, step, base):
  """Joins the windows at i and i + step, for all i where both are.

  Returns:
    at: int64 [M], each such i.
    code: int64 [M], exact while there are fewer than 2**27 names.
    low: int16 [M], as in `_Windows`.
  """
  at = np.flatnonzero(windows.name != _GAP)
  at = at[windows.name[at + step] != _GAP]
  (left, right), (left_low, right_low) = (
      (array[at], array[at + step]) for array in windows
  )
  both = (left_low >= 0) & (right_low >= 0)
  shift = np.where(both, right_low - left_low, 0)
  code = (left.astype(np.int64) * base + right) * 512 + (shift + 256)
  return at, code, np.where(left_low >= 0, left_low, right_low)


def _spread(num_frames, at, name, low):
  windows = _Windows(
      np.full(num_frames, _GAP, np.int32), np.full(num_frames, -1, np.int16)
  )
  windows.name[at] = name
  windows.low[at] = low
  return windows


def _copied(match):
  """Which new windows sound and are in train: bool [N]."""
  # One more than there are names, for the gap, -1; which has no lowest pitch.
  known = np.zeros(int(match.new.name.max(initial=0)) + 2, bool)
  known[match.train.name] = True
  return known[match.new.name] & (match.new.low >= 0)


def _span(train, new, match):
  begin = int(np.argmax(_copied(match)))
  source = int(np.argmax(match.train.name == match.new.name[begin]))
  piece, start = _place(new, begin)
  source_piece, source_start = _place(train, source)
  return {
      'frames': match.frames,
      'piece': piece,
      'start': start,
      'source': source_piece,
      'source_start': source_start,
      'semitones': int(match.new.low[begin] - match.train.low[source]),
  }


def _place(pieces, frame):
  piece = int(np.searchsorted(pieces.starts, frame, side='right')) - 1
  return piece, int(frame - pieces.starts[piece])


def _sounding(x):
  """Drops the strikes: bool [T, 88] of a roll, or uint8 symbols [T, V]."""
  if x.ndim == 2 and x.shape[1] == _KEYS:
    return x > 0
  symbols = (x // 2).astype(np.uint8)
  return symbols if x.ndim == 2 else symbols[:, None]


def _packed(rows):
  """Rows as byte strings of one length, which sort faster than rows do."""
  if rows.dtype == bool:
    rows = np.packbits(rows, axis=1)
  return np.ascontiguousarray(rows).view(f'S{rows.shape[1]}')[:, 0]


def _unpacked(rows, like):
  rows = rows.view(np.uint8).reshape(-1, rows.itemsize)
  if like.dtype == bool:
    return np.unpackbits(rows, axis=1, count=_KEYS).astype(bool)
  return rows


def _low(table):
  """The lowest pitch of each frame, int16 [U]; -1 if it is silent."""
  if table.dtype == bool:
    low = np.argmax(table, axis=1)
  else:
    low = np.where(table > 0, table.astype(np.int16), 255).min(axis=1)
  return np.where(table.any(axis=1), low, -1).astype(np.int16)


def _lowered(table, low):
  """Frames moved down until the lowest pitch is the lowest there is."""
  low = low[:, None]
  if table.dtype == bool:
    # What is rolled around is empty, for nothing sounds below the lowest.
    key = np.arange(table.shape[1]) + np.maximum(low, 0)
    return np.take_along_axis(table, key % table.shape[1], axis=1)
  return np.where(table > 0, table - low + 1, 0).astype(np.uint8)
