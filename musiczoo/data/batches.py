"""Batches of windows; a batch is a pure function of (seed, step)."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music import annotations
from musiczoo.representations.sparse_roll import SparseRoll

# Steps of a batch that is scored: of 1,000 tokens each, that is half a GB. And
# numbers in it, for a net makes hundreds of each.
AT_ONCE, NUMBERS_AT_ONCE = 2**17, 2**23

# How far augmentation goes: a share of the tempo, and steps of velocity.
STRETCH, LOUDER = 0.1, 16


class Pieces(NamedTuple):
  """The encoded pieces of a split.

  Attributes:
    x: of each piece [steps, ...], as a Representation encodes it: an array, or
      `Runs`, which become one when a batch is made.
    offsets: int64 [pieces + 1], the steps of all pieces before each.
    cond: of each piece int16 [steps, columns], its `conditions`; None where
      nobody asks for them.
  """

  x: Sequence[np.ndarray | SparseRoll]
  offsets: np.ndarray
  cond: Sequence[np.ndarray] | None = None

  def __len__(self):
    return len(self.x)


def pack(
  encoded: Sequence[np.ndarray | SparseRoll],
  cond: Sequence[np.ndarray] | None = None,
) -> Pieces:
  """Lines up pieces; those without a step are left out."""
  if cond is not None:
    cond = [c for c, x in zip(cond, encoded) if len(x)]
  encoded = [x for x in encoded if len(x)]
  if not encoded:
    raise UserError('no piece has a single step of music: check the corpus')
  offsets = np.cumsum([0] + [len(x) for x in encoded])
  return Pieces(encoded, offsets, cond)


def cut(pieces: Pieces, window: int) -> Pieces:
  """Pieces -> their windows, one after another from bar to bar.

  Each begins at the first whole bar after the one before it has ended; the
  last of a piece may be shorter. What comes before the first whole bar is left
  out.
  """
  spans = []
  for index, length in enumerate(np.diff(pieces.offsets).tolist()):
    end = 0
    for row in window_starts(pieces, index).tolist():
      if row >= end:
        end = min(row + window, length)
        spans.append((index, row, end))
  return slices(pieces, spans)


def window_starts(pieces: Pieces, index: int) -> np.ndarray:
  """The steps of a piece at which a window may begin: int64, ascending.

  Its whole bars, where its `cond` marks them; else any step.
  """
  if pieces.cond is None:
    return np.arange(pieces.offsets[index + 1] - pieces.offsets[index])
  return annotations.bar_rows(pieces.cond[index])


def slices(pieces: Pieces, spans: list[tuple[int, int, int]]) -> Pieces:
  """Spans of pieces, (which, begin, end) of each, made when asked for."""
  lengths = [end - begin for _, begin, end in spans]
  return Pieces(
    _Slices(pieces.x, spans),
    np.cumsum([0, *lengths]),
    None if pieces.cond is None else _Slices(pieces.cond, spans),
  )


class _Slices(Sequence):
  """Slices of arrays: (which, begin, end) of each."""

  def __init__(self, arrays, spans):
    self._arrays, self._spans = arrays, spans

  def __len__(self):
    return len(self._spans)

  def __getitem__(self, index):
    which, begin, end = self._spans[index]
    return self._arrays[which][begin:end]


def make_batch_at(
  pieces: Pieces,
  *,
  batch_size: int,
  window: int,
  rows: slice = slice(None),
  bars: bool = False,
  transpose: Callable[[np.ndarray, int], np.ndarray] | None = None,
  transpose_range: Callable[[np.ndarray], tuple[int, int]] | None = None,
  augment_performance: Callable[[np.ndarray, float, int], np.ndarray]
  | None = None,
):
  """Returns batch_at(seed, step) -> batch of windows for training.

  Over many batches every piece is seen in proportion to its steps, be it
  shorter or longer than a window. A window that begins inside a piece has its
  first step only as context (mask 0): what the model learns to begin with is
  always a beginning.

  Args:
    rows: which of the `batch_size` rows are made: the same ones as in the whole
      batch.
    bars: windows begin where `window_starts` allows, and all of their steps count.
    transpose: (x of a piece, semitones) -> x, or None to leave keys alone.
    transpose_range: x of a piece -> how far down and up it may go and lose nothing.
    vary: (x of a piece, tempo, velocity) -> x, or None to leave both alone.
  """
  if len(pieces) < batch_size:
    raise UserError(
      f'the corpus has {len(pieces)} training pieces, fewer than a batch: '
      f'set --config.batch_size={len(pieces)} or less, or add pieces'
    )

  numbers = np.arange(batch_size, dtype=np.uint32)[rows]
  # How many windows a piece is worth.
  ends = np.cumsum(np.maximum(np.diff(pieces.offsets) / window, 1))

  def batch_at(seed: int, step: int) -> dict[str, np.ndarray]:
    rng = np.random.Generator(np.random.Philox(key=[seed, step]))
    chosen = np.searchsorted(ends, rng.random(batch_size) * ends[-1])
    draws = rng.random((batch_size, 2))
    moods = rng.uniform(-1, 1, (batch_size, 2))
    batch = _empty(pieces, len(numbers), window)
    batch['row'] = numbers
    for row, number in enumerate(numbers):
      index, (middle, key) = chosen[number], draws[number]
      x = pieces.x[index]
      cond = None if pieces.cond is None else pieces.cond[index]
      if bars:
        begin = _bar(middle, window_starts(pieces, index), len(x) - window)
      else:
        begin = int(middle * len(x)) - window // 2
        begin = min(max(begin, 0), max(len(x) - window, 0))
      semitones = 0
      if transpose is not None:
        down, up = transpose_range(x)
        down, up = min(down, 6), min(up, 5)
        semitones = int(key * (down + up + 1)) - down
        x = transpose(x, semitones)
      if augment_performance is not None:
        tempo, velocity = moods[number]
        x = augment_performance(
          x, 1 + STRETCH * tempo, round(LOUDER * velocity)
        )
      x = x[begin : begin + window]
      batch['x'][row, : len(x)] = x
      batch['mask'][row, begin > 0 and not bars : len(x)] = 1
      if cond is not None:
        cond = annotations.transpose(cond[begin : begin + window], semitones)
        batch['cond'][row, : len(cond)] = cond
    return batch

  return batch_at


def _bar(share, rows, last):
  """One of the rows that leave room for a whole window, or the first."""
  rows = rows[: max(np.searchsorted(rows, last, side='right'), 1)]
  return int(rows[int(share * len(rows))])


def eval_batches(
  pieces: Pieces,
  batch_size: int,
  *,
  multiple: int = 1,
  length: int | None = None,
) -> Iterator[dict]:
  """Yields every piece once, uncut, in batches of similar length.

  Rows beyond the last piece have mask 0. `piece` [B] is the piece of each row,
  -1 none; so does `row`: its noise is the same in any batch. Lengths are padded
  to few values, for each is a program to compile, or all to `length`. Of long
  pieces there are fewer rows, but a multiple of `multiple`.
  """
  lengths = np.diff(pieces.offsets)
  order = np.argsort(lengths, kind='stable')
  batch_size = -(-batch_size // multiple) * multiple
  numbers = max(int(np.prod(pieces.x[0].shape[1:])), 1)
  most = min(AT_ONCE, NUMBERS_AT_ONCE // numbers)
  while len(order):
    size = batch_size
    while size > multiple and size * _longest(lengths, order[:size]) > most:
      size = max(size // 2 // multiple, 1) * multiple
    rows, order = order[:size], order[size:]
    batch = _empty(pieces, size, length or _longest(lengths, rows))
    batch['piece'] = np.full(size, -1, np.int32)
    batch['piece'][: len(rows)] = rows
    batch['row'] = np.maximum(batch['piece'], 0).astype(np.uint32)
    for row, index in enumerate(rows):
      batch['x'][row, : lengths[index]] = pieces.x[index]
      batch['mask'][row, : lengths[index]] = 1
      if pieces.cond is not None:
        batch['cond'][row, : lengths[index]] = pieces.cond[index]
    yield batch


def _longest(lengths, rows):
  return padded_length(int(lengths[rows].max()))


def padded_length(length: int) -> int:
  """The next of 64, 96, 128, 192, 256, 384, ...: few, and none far off."""
  power = 64
  while power < length:
    if power * 3 // 2 >= length:
      return power * 3 // 2
    power *= 2
  return power


def _empty(pieces, batch_size, length):
  shape, first = (batch_size, length), pieces.x[0]
  batch = {
    'x': np.zeros(shape + first.shape[1:], first.dtype),
    'mask': np.zeros(shape, np.float32),
    'row': np.arange(batch_size, dtype=np.uint32),
  }
  if pieces.cond is not None:
    batch['cond'] = np.zeros((*shape, len(annotations.COLUMNS)), np.int16)
  return batch
