"""Runs against the arrays of zeros and ones that they stand for."""

from hypothesis import given, strategies as st
from hypothesis.extra import numpy as npst
import numpy as np

from musiczoo.representations.sparse_roll import (
  as_sparse_roll,
  SparseRoll,
  union,
)

STEPS, DEPTH = 12, 3
rolls = npst.arrays(
  np.uint8,
  st.tuples(st.integers(0, STEPS), st.just(DEPTH)),
  elements=st.integers(0, 1),
  fill=st.nothing(),
)
spans = st.lists(
  st.tuples(
    st.integers(0, STEPS - 1), st.integers(1, 6), st.integers(0, DEPTH - 1)
  )
)


def check(runs: SparseRoll):
  """By bit and begin, apart, and within the roll."""
  begin, end, bit = runs.spans.T
  same = bit[1:] == bit[:-1]
  assert np.all(np.diff(bit) >= 0)
  assert np.all(begin[1:][same] > end[:-1][same])
  assert np.all((begin >= 0) & (begin < end) & (end <= len(runs)))


@given(rolls)
def test_an_array_comes_back(roll):
  runs = as_sparse_roll(roll)
  check(runs)
  dense = np.asarray(runs)
  assert (dense.dtype, dense.shape) == (runs.dtype, runs.shape)
  np.testing.assert_array_equal(dense, roll)
  assert as_sparse_roll(runs) is runs


@given(rolls, st.slices(STEPS).filter(lambda s: s.step in (None, 1)))
def test_a_slice_is_that_of_the_array(roll, steps):
  part = as_sparse_roll(roll)[steps]
  check(part)
  np.testing.assert_array_equal(part, roll[steps])


@given(spans)
def test_a_union_is_where_any_span_is(spans):
  dense = np.zeros((max((b + n for b, n, _ in spans), default=0), DEPTH))
  for begin, length, bit in spans:
    dense[begin : begin + length, bit] = 1
  begin, length, bit = np.array(spans, int).reshape(-1, 3).T
  runs = union(begin, begin + length, bit, DEPTH)
  check(runs)
  np.testing.assert_array_equal(runs, dense)


def test_a_slice_leaves_the_whole_as_it_was():
  runs = union(np.array([1]), np.array([9]), np.array([0]), DEPTH)
  runs[3:5]
  assert runs.spans.tolist() == [[1, 9, 0]]


def test_a_row_of_a_batch_takes_it_as_an_array():
  batch = np.zeros((2, 6, DEPTH), np.int32)
  batch[1, :5] = union(np.array([2]), np.array([5]), np.array([1]), DEPTH)
  assert batch.sum(axis=(0, 2)).tolist() == [0, 0, 1, 1, 1, 0]
