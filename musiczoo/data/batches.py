"""Batches of windows for training; a batch is a pure function of (seed, step)."""

import numpy as np

from musiczoo.data.pieces import Pieces, window_starts
from musiczoo.errors import UserError
from musiczoo.music import annotations
from musiczoo.representations import Representation

# How far augmentation goes: semitones down and up, a share of the tempo, and
# steps of velocity.
DOWN, UP, STRETCH, LOUDER = 6, 5, 0.1, 16


def make_batch_at(
  pieces: Pieces,
  *,
  batch_size: int,
  window: int,
  rows: slice = slice(None),
  bars: bool = False,
  augment: Representation | None = None,
):
  """Returns batch_at(seed, step) -> batch of windows for training.

  Over many batches every piece is seen in proportion to its steps, be it
  shorter or longer than a window. A window that begins inside a piece has its
  first step only as context (mask 0), so that the first step a model learns to
  predict is always that of a piece.

  Args:
    pieces: of the training split.
    batch_size: windows of a batch.
    window: their steps.
    rows: which of the `batch_size` rows are made: the same ones as in the whole
      batch.
    bars: windows begin where `window_starts` allows, and all of their steps
      count.
    augment: changes the key, tempo and velocities of pieces, as far as it can;
      None: they stay as they are.

  Raises:
    UserError: there are fewer pieces than rows.
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
    changes = rng.uniform(-1, 1, (batch_size, 2))
    batch = empty_batch(pieces, len(numbers), window)
    batch['row'] = numbers
    for row, number in enumerate(numbers):
      index, (share, key) = chosen[number], draws[number]
      begin = _begin(pieces, index, window, bars, share)
      x, semitones = _augmented(augment, pieces.x[index], key, *changes[number])
      x = x[begin : begin + window]
      batch['x'][row, : len(x)] = x
      batch['mask'][row, begin > 0 and not bars : len(x)] = 1
      if pieces.cond is not None:
        cond = pieces.cond[index][begin : begin + window]
        batch['cond'][row, : len(cond)] = annotations.transpose(cond, semitones)
    return batch

  return batch_at


def _begin(pieces, index, window, bars, share):
  """The first step of a window of a piece, by a random share of all there are."""
  length = int(pieces.offsets[index + 1] - pieces.offsets[index])
  last = length - window
  if not bars:
    return min(max(int(share * length) - window // 2, 0), max(last, 0))
  starts = window_starts(pieces, index)
  starts = starts[: max(np.searchsorted(starts, last, side='right'), 1)]
  return int(starts[int(share * len(starts))])


def _augmented(augment, x, key, tempo, velocity):
  """x in another key, tempo and velocity, and by how many semitones."""
  semitones = 0
  if augment and augment.transpose:
    down, up = augment.transpose_range(x)
    down, up = min(down, DOWN), min(up, UP)
    semitones = int(key * (down + up + 1)) - down
    x = augment.transpose(x, semitones)
  if augment and augment.augment_performance:
    changes = 1 + STRETCH * tempo, round(LOUDER * velocity)
    x = augment.augment_performance(x, *changes)
  return x, semitones


def empty_batch(
  pieces: Pieces, batch_size: int, length: int
) -> dict[str, np.ndarray]:
  """A batch of zeros: x, mask, row and, where pieces have it, cond."""
  shape, first = (batch_size, length), pieces.x[0]
  batch = {
    'x': np.zeros(shape + first.shape[1:], first.dtype),
    'mask': np.zeros(shape, np.float32),
    'row': np.arange(batch_size, dtype=np.uint32),
  }
  if pieces.cond is not None:
    batch['cond'] = np.zeros((*shape, len(annotations.COLUMNS)), np.int16)
  return batch
