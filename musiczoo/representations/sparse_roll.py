"""SparseRoll: a piano-roll that stores only its runs of ones."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class SparseRoll:
  """A roll of bits, uint8 [T, D], of which only the runs of ones are stored.

  It can replace the array: it has a length, a shape and a dtype, a slice of its
  steps is a SparseRoll, and `np.asarray` makes it dense. Its memory is that of
  its notes, however long it is.

  Attributes:
    spans: int32 [N, 3], the columns begin, end and bit of each run, by bit and
      begin. Runs of one bit neither overlap nor touch.
    shape: (T, D).
  """

  spans: np.ndarray
  shape: tuple[int, int]
  dtype = np.dtype(np.uint8)

  def __len__(self) -> int:
    return self.shape[0]

  def __getitem__(self, steps: slice) -> 'SparseRoll':
    first, last, _ = steps.indices(len(self))
    last = max(first, last)
    begin, end = np.clip(self.spans[:, :2].T, first, last) - first
    spans = np.stack([begin, end, self.spans[:, 2]], axis=1)
    return SparseRoll(spans[begin < end], (last - first, self.shape[1]))

  def __array__(self, dtype=None, copy=None) -> np.ndarray:
    steps, depth = self.shape
    begin, end, bit = self.spans.T
    edges = np.zeros((steps + 1, depth), np.int8)
    edges[begin, bit] = 1
    edges[end, bit] = -1
    dense = np.add.accumulate(edges, axis=0, out=edges)[:-1]
    return dense.astype(dtype or self.dtype)


def union(
  begin: np.ndarray, end: np.ndarray, bit: np.ndarray, depth: int
) -> SparseRoll:
  """The roll of [N] spans that may overlap; as long as the last of them.

  Args:
    begin, end, bit: int [N], as in `SparseRoll.spans`, in any order.
    depth: of the roll.
  """
  steps = int(end.max(initial=0))
  # Step and bit as one number, so that one running maximum serves all bits. No
  # span touches one of the next bit: there is a step more than there are.
  start, stop = (
    bit.astype(np.int64) * (steps + 1) + step for step in (begin, end)
  )
  order = np.argsort(start)
  start, stop = start[order], np.maximum.accumulate(stop[order])
  apart = start[1:] > stop[:-1]
  start = start[np.append(True, apart)[: len(start)]]
  stop = stop[np.append(apart, True)[: len(stop)]]
  spans = np.stack(
    [start % (steps + 1), stop % (steps + 1), start // (steps + 1)], axis=1
  )
  return SparseRoll(spans.astype(np.int32), (steps, depth))


def as_sparse_roll(x: np.ndarray | SparseRoll) -> SparseRoll:
  """The roll of any array [T, D]: its ones are what is more than zero."""
  if isinstance(x, SparseRoll):
    return x
  silence = np.zeros((1, x.shape[1]), bool)
  framed = np.concatenate([silence, x > 0, silence]).astype(np.int8)
  edges = np.diff(framed, axis=0).T
  # Bit by bit, so that each rise meets the fall that follows it.
  bit, begin = np.nonzero(edges > 0)
  _, end = np.nonzero(edges < 0)
  return SparseRoll(
    np.stack([begin, end, bit], axis=1).astype(np.int32), x.shape
  )


def steps(begin: np.ndarray, end: np.ndarray) -> np.ndarray:
  """All steps of [N] spans, one span after another: int64."""
  length = end - begin
  first = np.cumsum(length) - length
  return np.repeat(begin - first, length) + np.arange(length.sum())
