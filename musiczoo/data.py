"""Encoded pieces -> batches; a batch is a pure function of two integers."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from musiczoo.errors import UserError
from musiczoo.representations.runs import Runs

# Steps of a batch that is scored: of 1,000 tokens each, that is half a GB.
AT_ONCE = 2**17


class Pieces(NamedTuple):
  """The encoded pieces of a split.

  Attributes:
    x: of each piece [steps, ...], as a Representation encodes it: an array, or
      `Runs`, which become one when a batch is made.
    offsets: int64 [pieces + 1], the steps of all pieces before each.
  """

  x: Sequence[np.ndarray | Runs]
  offsets: np.ndarray

  def __len__(self):
    return len(self.x)


def pack(encoded: Sequence[np.ndarray | Runs]) -> Pieces:
  """Lines up pieces; those without a step are left out."""
  encoded = [x for x in encoded if len(x)]
  if not encoded:
    raise UserError('no piece has a single step of music: check the corpus')
  offsets = np.cumsum([0] + [len(x) for x in encoded])
  return Pieces(encoded, offsets)


def make_batch_at(
    pieces: Pieces,
    *,
    batch_size: int,
    window: int,
    transpose: Callable[[np.ndarray, int], np.ndarray] | None = None,
    room: Callable[[np.ndarray], tuple[int, int]] | None = None,
):
  """Returns batch_at(seed, step) -> batch of windows for training.

  Over many batches every piece is heard in proportion to its steps, be it
  shorter or longer than a window. A window that begins inside a piece hears its first step only as
  context (mask 0): what the model learns to begin with is always a beginning.

  Args:
    transpose: (x of a piece, semitones) -> x, or None to leave keys alone.
    room: x of a piece -> how far down and up it may go and lose nothing.
  """
  if len(pieces) < batch_size:
    raise UserError(
        f'the corpus has {len(pieces)} training pieces, fewer than a batch: '
        f'set --config.batch_size={len(pieces)} or less, or add pieces'
    )

  # How many windows it takes to hear a piece.
  ends = np.cumsum(np.maximum(np.diff(pieces.offsets) / window, 1))

  def batch_at(seed: int, step: int) -> dict[str, np.ndarray]:
    rng = np.random.Generator(np.random.Philox(key=[seed, step]))
    chosen = np.searchsorted(ends, rng.random(batch_size) * ends[-1])
    draws = rng.random((batch_size, 2))
    batch = _empty(pieces, batch_size, window)
    for row, (index, (middle, key)) in enumerate(zip(chosen, draws)):
      x = pieces.x[index]
      begin = int(middle * len(x)) - window // 2
      begin = min(max(begin, 0), max(len(x) - window, 0))
      if transpose is not None:
        down, up = room(x)
        down, up = min(down, 6), min(up, 5)
        x = transpose(x, int(key * (down + up + 1)) - down)
      x = x[begin : begin + window]
      batch['x'][row, : len(x)] = x
      batch['mask'][row, begin > 0 : len(x)] = 1
    return batch

  return batch_at


def whole_pieces(
    pieces: Pieces, batch_size: int, *, multiple: int = 1
) -> Iterator[dict]:
  """Yields every piece once, uncut, in batches of similar length.

  Rows beyond the last piece have mask 0. Lengths are padded to few values, for
  each is a program to compile. `piece` [B] says which piece a row is, -1 none.
  Of long pieces there are fewer rows, but a multiple of `multiple`.
  """
  lengths = np.diff(pieces.offsets)
  order = np.argsort(lengths, kind='stable')
  batch_size = -(-batch_size // multiple) * multiple
  while len(order):
    size = batch_size
    while size > multiple and size * _longest(lengths, order[:size]) > AT_ONCE:
      size = max(size // 2 // multiple, 1) * multiple
    rows, order = order[:size], order[size:]
    batch = _empty(pieces, size, _longest(lengths, rows))
    batch['piece'] = np.full(size, -1, np.int32)
    batch['piece'][: len(rows)] = rows
    for row, index in enumerate(rows):
      batch['x'][row, : lengths[index]] = pieces.x[index]
      batch['mask'][row, : lengths[index]] = 1
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
  return {
      'x': np.zeros(shape + first.shape[1:], first.dtype),
      'mask': np.zeros(shape, np.float32),
      'row': np.arange(batch_size, dtype=np.uint32),
  }
