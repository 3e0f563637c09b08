"""The best of several samples of each piece."""

import numpy as np

from musiczoo.sampling import rank
from musiczoo.sampling.generate import Generated


def test_each_piece_keeps_its_lowest_score():
  x = np.arange(6)[:, None]  # Three rounds of two pieces.
  generated = Generated(x, list('abcdef'))
  values = {'a': 3, 'b': 2, 'c': 1, 'd': np.nan, 'e': 2, 'f': 1}
  found = rank.best(generated, 2, lambda scores: [values[s] for s in scores])
  assert found.scores == ['c', 'f'] and found.x.tolist() == [[2], [5]]


def test_a_piece_without_a_score_keeps_its_first():
  generated = Generated(np.arange(2)[:, None], ['a', 'b'])
  found = rank.best(generated, 1, lambda scores: np.full(2, np.nan))
  assert found.scores == ['a']
