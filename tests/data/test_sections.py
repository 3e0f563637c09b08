"""Passages: bars of one length in a row, in which all plays that should."""

import numpy as np
import pytest

from musiczoo.data import sections
from musiczoo.data.pieces import pack
from musiczoo.errors import UserError
from musiczoo.music import annotations


def barred(*pieces):
  """Pieces made of bars of these lengths; x numbers the steps."""
  x, cond = [], []
  for bars in pieces:
    table = np.zeros((sum(bars), len(annotations.COLUMNS)), np.int16)
    table[:, 0] = np.concatenate([np.arange(1, n + 1) for n in bars])
    x.append(np.arange(sum(bars)))
    cond.append(table)
  return pack(x, cond)


def found(pieces, window, plays=lambda x: np.ones((len(x), 0), bool)):
  cut = sections.cut_sections(pieces, window, bar_steps=4, plays=plays)
  for x, cond in zip(cut.x, cut.cond):
    assert len(x) == len(cond)
  assert cut.offsets.tolist() == [0, *np.cumsum([len(x) for x in cut.x])]
  return [(int(x[0]), int(x[-1]) + 1) for x in cut.x]


def test_sections_are_bars_of_one_length_in_a_row():
  pieces = barred([4, 4, 3, 4, 4, 4, 5], [4, 3], [3, 4, 4, 2])
  assert found(pieces, 8) == [(0, 8), (11, 23), (3, 11)]
  assert found(pieces, 12) == [(11, 23)]
  with pytest.raises(UserError, match='no piece has 16 steps of bars of 4'):
    found(pieces, 16)


def test_a_passage_ends_where_something_does_not_play():
  pieces = barred([4] * 6)
  # One part is silent in the second bar, the other in the last.
  silent = np.array([[4, 8], [20, 24]])
  plays = lambda x: (
    ~((silent[:, 0] <= x[:, None]) & (x[:, None] < silent[:, 1]))
  )
  assert found(pieces, 4, plays) == [(0, 4), (8, 20)]
  # It plays in a bar if it does so once.
  silent[0, 1] = 7
  assert found(pieces, 4, plays) == [(0, 20)]


def test_a_part_that_no_piece_has_is_named():
  plays = lambda x: np.zeros((len(x), 2), bool) | [False, True]
  with pytest.raises(UserError, match=r'has drums, .*--drums=WORD'):
    sections.cut_sections(
      barred([4, 4]), 4, bar_steps=4, plays=plays, names=['drums', 'bass']
    )
  with pytest.raises(UserError, match=r'has bass, .*planes asks for: add'):
    sections.cut_sections(
      barred([4, 4]),
      4,
      bar_steps=4,
      plays=lambda x: ~plays(x),
      names=['drums', 'bass'],
    )
