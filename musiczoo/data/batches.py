"""Batches of windows for training; a batch is a pure function of (seed, step)."""

from collections.abc import Callable, Mapping

import numpy as np

from musiczoo.data import excerpts as excerpts_lib
from musiczoo.data.pieces import Pieces, window_starts
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
  fragment: Callable | None = None,
  excerpts: Mapping[str, int] = {},
  steps_per_quarter: int = 4,
  opening_quarters: int = 1,
):
  """Returns batch_at(seed, step) -> batch of windows for training.

  The piece of each row is drawn anew, so that few pieces fill a batch too. Over many batches every piece is seen in proportion to its steps, be it
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
    fragment: as of the Representation: a window is the beginning of one.
    excerpts: short rows for each window, by their kind in `excerpts.KINDS`;
      those of a kind are a batch of their own, `batch[kind]`.
    steps_per_quarter: of the grid.
    opening_quarters: quarter notes of a row of openings.
  """
  numbers = np.arange(batch_size, dtype=np.uint32)[rows]
  # How many windows a piece is worth.
  ends = np.cumsum(np.maximum(np.diff(pieces.offsets) / window, 1))
  kinds = {kind: count for kind, count in excerpts.items() if count}
  sizes = steps_per_quarter, opening_quarters
  spans = {kind: excerpts_lib.spans(pieces, kind, *sizes) for kind in kinds}

  def batch_at(seed: int, step: int) -> dict[str, np.ndarray]:
    rng = np.random.Generator(np.random.Philox(key=[seed, step]))
    chosen = np.searchsorted(ends, rng.random(batch_size) * ends[-1])
    draws = rng.random((batch_size, 2))
    changes = rng.uniform(-1, 1, (batch_size, 2))
    batch = empty_batch(pieces, len(numbers), window)
    batch['row'] = numbers
    for row, number in enumerate(numbers):
      index, (share, key) = chosen[number], draws[number]
      if fragment is not None:
        how = fragment, share, augment, key, changes[number]
        _fill_fragment(batch, row, pieces, index, how)
        continue
      begin = _begin(pieces, index, window, bars, share)
      span = index, begin, begin + window, begin + (begin > 0 and not bars)
      _fill(batch, row, pieces, span, augment, key, changes[number])
    first = batch_size
    for kind, count in kinds.items():
      batch[kind] = excerpt(rng, kind, numbers, count, first)
      first += batch_size * count
    return batch

  def excerpt(rng, kind, numbers, count, first):
    """The rows of a kind: `count` for each of the windows `numbers`."""
    draws = rng.random((batch_size * count, 2))
    changes = rng.uniform(-1, 1, (batch_size * count, 2))
    steps = excerpts_lib.length(kind, *sizes)
    own = (numbers[:, None] * count + np.arange(count)).reshape(-1)
    batch = empty_batch(pieces, len(own), steps)
    batch['row'] = (first + own).astype(np.uint32)
    for row, number in enumerate(own):
      share, key = draws[number]
      span = spans[kind][int(share * len(spans[kind]))]
      _fill(batch, row, pieces, span, augment, key, changes[number])
    return batch

  return batch_at


def _fill(batch, row, pieces, span, augment, key, changes):
  """Writes the steps begin..end of a piece to a row; the first do not count.

  Args:
    span: index of the piece, begin, end, the first step that counts.
    key, changes: random numbers for augmentation.
  """
  index, begin, end, counted = span
  x, semitones = _augmented(augment, pieces.x[index], key, *changes)
  x = x[begin:end]
  batch['x'][row, : len(x)] = x
  batch['mask'][row, counted - begin : len(x)] = 1
  if pieces.cond is not None:
    cond = pieces.cond[index][begin:end]
    batch['cond'][row, : len(cond)] = annotations.transpose(cond, semitones)


def _fill_fragment(batch, row, pieces, index, how):
  """Writes the beginning of a fragment of a piece to a row.

  Args:
    how: `fragment`, a random share, `augment`, and its random numbers.
  """
  fragment, share, augment, key, changes = how
  x, rows = fragment(np.asarray(pieces.x[index]), share)
  x, semitones = _augmented(augment, x, key, *changes)
  x = x[: batch['x'].shape[1]]
  batch['x'][row, : len(x)] = x
  batch['mask'][row, : len(x)] = 1
  if pieces.cond is not None:
    cond = pieces.cond[index][rows[: len(x)]]
    batch['cond'][row, : len(cond)] = annotations.transpose(cond, semitones)


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
