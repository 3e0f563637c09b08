"""Pieces: the encoded pieces of a split, and their windows."""

from collections.abc import Callable, Sequence
import dataclasses
from typing import Any

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music import annotations
from musiczoo.representations.sparse_roll import SparseRoll


@dataclasses.dataclass(frozen=True)
class Pieces:
  """The encoded pieces of a split.

  Attributes:
    x: of each piece [steps, ...], as a Representation encodes it: an array, or
      a SparseRoll, which becomes one when a batch is made.
    offsets: int64 [pieces + 1], the steps of all pieces before each.
    cond: of each piece int16 [steps, columns], its conditions; None if they are
      not used.
  """

  x: Sequence[np.ndarray | SparseRoll]
  offsets: np.ndarray
  cond: Sequence[np.ndarray] | None = None

  def __len__(self):
    return len(self.x)


class Lazy(Sequence):
  """A sequence whose items are made when they are indexed."""

  def __init__(self, length: int, make: Callable[[int], Any]):
    """Args: `make`, index from 0 -> item."""
    self._indices, self._make = range(length), make

  def __len__(self):
    return len(self._indices)

  def __getitem__(self, index: int | slice):
    chosen = self._indices[index]
    if isinstance(chosen, range):
      return [self._make(i) for i in chosen]
    return self._make(chosen)


def pack(
  encoded: Sequence[np.ndarray | SparseRoll],
  cond: Sequence[np.ndarray] | None = None,
) -> Pieces:
  """Pieces in memory; those without a step are left out.

  Raises:
    UserError: there is none with a step.
  """
  if cond is not None:
    cond = [c for c, x in zip(cond, encoded) if len(x)]
  encoded = [x for x in encoded if len(x)]
  if not encoded:
    raise UserError('no piece has a single step of music: check the corpus')
  return Pieces(encoded, np.cumsum([0, *map(len, encoded)]), cond)


def cut(pieces: Pieces, window: int) -> Pieces:
  """Pieces -> their windows, as of `window_spans`."""
  return slices(pieces, window_spans(pieces, window))


def window_spans(pieces: Pieces, window: int) -> list[tuple[int, int, int]]:
  """The windows of pieces, one after another from bar to bar.

  Each begins at the first whole bar after the one before it has ended; the
  last of a piece may be shorter. What comes before the first whole bar is left
  out.

  Returns:
    index of the piece, first step, last step + 1 of each.
  """
  spans = []
  for index, length in enumerate(np.diff(pieces.offsets).tolist()):
    end = 0
    for row in window_starts(pieces, index).tolist():
      if row >= end:
        end = min(row + window, length)
        spans.append((index, row, end))
  return spans


def window_starts(pieces: Pieces, index: int) -> np.ndarray:
  """The steps of a piece at which a window may begin: int64, ascending.

  Its whole bars, where its `cond` marks them; else any step.
  """
  if pieces.cond is None:
    return np.arange(pieces.offsets[index + 1] - pieces.offsets[index])
  return annotations.bar_rows(pieces.cond[index])


def slices(pieces: Pieces, spans: Sequence[tuple[int, int, int]]) -> Pieces:
  """Spans of pieces as Pieces, sliced when they are indexed.

  Args:
    pieces: the whole pieces.
    spans: index of the piece, first step, last step + 1 of each.
  """

  def of(arrays):
    def make(number):
      index, begin, end = spans[number]
      return arrays[index][begin:end]

    return None if arrays is None else Lazy(len(spans), make)

  lengths = [end - begin for _, begin, end in spans]
  return Pieces(of(pieces.x), np.cumsum([0, *lengths]), of(pieces.cond))
