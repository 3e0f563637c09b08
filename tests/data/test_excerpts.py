"""Excerpts: openings and phrase ends as rows of their own."""

import numpy as np

from musiczoo.data import excerpts
from musiczoo.data.batches import make_batch_at
from musiczoo.data.pieces import pack
from musiczoo.music import annotations

GRID = 2


def pieces(phrase_ends=((6, 20), (30,))):
  """Two pieces of 20 and 31 steps; cell 100 * piece + step."""
  x, cond = [], []
  for index, steps in enumerate((20, 31)):
    x.append(100 * index + np.arange(steps)[:, None].astype(np.int32))
    table = np.zeros((steps, len(annotations.COLUMNS)), np.int16)
    ends = np.array(phrase_ends[index], int)
    annotations.set_form(table, GRID, 4 * GRID, ends)
    cond.append(table)
  return pack(x, cond)


def test_phrase_ends_come_with_context():
  """Eight steps before each end count, up to eight before them do not."""
  found = excerpts.spans(pieces(), 'phrase_ends', GRID)
  assert found == [
    (0, 0, 6, 0),
    (0, 4, 20, 12),
    (1, 14, 30, 22),
    (1, 15, 31, 23),
  ]
  whole = excerpts.spans(pieces(((), ())), 'phrase_ends', GRID)
  assert whole == [(0, 4, 20, 12), (1, 15, 31, 23)]


def test_rows_of_a_batch():
  batch_at = make_batch_at(
    pieces(),
    batch_size=2,
    window=16,
    excerpts={'openings': 3, 'phrase_ends': 2},
    steps_per_quarter=GRID,
  )
  batch = batch_at(0, 5)
  openings, ends = batch['openings'], batch['phrase_ends']
  assert openings['x'].shape == (6, GRID, 1) and ends['x'].shape == (4, 16, 1)
  assert set(openings['x'][:, 0, 0].tolist()) <= {0, 100}
  assert openings['mask'].all()
  for row, mask, x in zip(ends['cond'], ends['mask'], ends['x'][..., 0]):
    last = int(np.flatnonzero(mask)[-1])
    assert row[last, annotations.PHRASES] == 2
    assert mask.sum() == min(8, last + 1) and x[last] in (5, 19, 129, 130)
  # All rows have numbers of their own, and so noise of their own.
  rows = np.concatenate([b['row'] for b in (batch, openings, ends)])
  assert sorted(rows.tolist()) == list(range(12))


def test_a_host_makes_its_rows_of_the_whole_batch():
  make = lambda rows: make_batch_at(
    pieces(),
    batch_size=2,
    window=16,
    rows=rows,
    excerpts={'openings': 2, 'phrase_ends': 0},
    steps_per_quarter=GRID,
  )(3, 4)
  whole, second = make(slice(None)), make(slice(1, 2))
  for name, value in second['openings'].items():
    np.testing.assert_array_equal(value, whole['openings'][name][2:])
  assert 'phrase_ends' not in whole
