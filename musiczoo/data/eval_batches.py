"""Batches of whole pieces for evaluation."""

from collections.abc import Iterator
import math

import numpy as np

from musiczoo.data.batches import empty_batch
from musiczoo.data.pieces import Pieces

# The most steps of a batch (of which a net makes tens of kilobytes each) and the
# most numbers in it, since a net makes hundreds of each.
MAX_STEPS, MAX_NUMBERS = 2**14, 2**23


def eval_batches(
  pieces: Pieces,
  batch_size: int,
  *,
  multiple: int = 1,
  length: int | None = None,
  min_length: int = 0,
) -> Iterator[dict]:
  """Yields every piece once, uncut, in batches of similar length.

  Rows beyond the last piece have mask 0. `piece` [B] is the index of the piece
  of each row, or -1. `row` is the same index, so that the noise of a piece is
  the same in any batch.

  Args:
    pieces: of a split.
    batch_size: rows of a batch; fewer where pieces are long.
    multiple: of which the number of rows is one.
    length: to which all are padded; else they are padded to few different
      lengths, since each is a program to compile.
    min_length: the least of these lengths.
  """
  lengths = np.diff(pieces.offsets)
  order = np.argsort(lengths, kind='stable')
  batch_size = -(-batch_size // multiple) * multiple
  numbers = max(math.prod(pieces.x[0].shape[1:]), 1)
  most = min(MAX_STEPS, MAX_NUMBERS // numbers)

  def padded(rows):
    return padded_length(max(int(lengths[rows].max()), min_length))

  while len(order):
    size = batch_size
    while size > multiple and size * padded(order[:size]) > most:
      size = max(size // 2 // multiple, 1) * multiple
    rows, order = order[:size], order[size:]
    batch = empty_batch(pieces, size, length or padded(rows))
    batch['piece'] = np.full(size, -1, np.int32)
    batch['piece'][: len(rows)] = rows
    batch['row'] = np.maximum(batch['piece'], 0).astype(np.uint32)
    for row, index in enumerate(rows):
      batch['x'][row, : lengths[index]] = pieces.x[index]
      batch['mask'][row, : lengths[index]] = 1
      if pieces.cond is not None:
        batch['cond'][row, : lengths[index]] = pieces.cond[index]
    yield batch


def padded_length(length: int) -> int:
  """The next of 64, 96, 128, 192, 256, 384, ...: few, and none far off."""
  power = 64
  while power < length:
    if power * 3 // 2 >= length:
      return power * 3 // 2
    power *= 2
  return power
