"""Baselines against sums done by hand, and against the published figures."""

import os
import pathlib

import numpy as np
import pytest
from scipy import stats

from musiczoo.data import corpora
from musiczoo.evaluation import baselines
from tests.evaluation import counting


def test_uniform_over_what_is_in_use():
  # Voice 1 uses two symbols, voice 2 one; each has one for all others.
  train = [np.array([[6, 8], [7, 9]]), np.array([[0, 8]])]
  expected = (np.log(3) + np.log(2)) / 2
  assert baselines.uniform(train) == pytest.approx(expected)


def test_bigram():
  # Symbols 3, 3, 5 and one for all others: each count begins at one.
  train = [np.array([[6], [7], [10]])]
  # The beginning was followed once by 3, 3 once by 3 and once by 5, never by
  # another, and others by nothing.
  test = [np.array([[7], [8], [21], [11]])]
  p = [2 / 4, 1 / 5, 1 / 3, 1 / 3]
  assert baselines.bigram(train, test) == pytest.approx(-np.mean(np.log(p)))


def test_bigram_of_two_voices_is_their_mean():
  train = [np.array([[6, 2], [6, 4], [10, 2]])]
  test = [np.array([[6, 4], [10, 4]])]
  alone = [
    baselines.bigram([x[:, v : v + 1] for x in train], [test[0][:, v : v + 1]])
    for v in range(2)
  ]
  assert baselines.bigram(train, test) == pytest.approx(np.mean(alone))


def test_unigram_by_both_protocols():
  train = [np.array([[1, 0], [1, 0]]), np.array([[0, 0]])]
  # (2 + 1/2) / (3 + 1) and (0 + 1/2) / (3 + 1).
  p, q = 0.625, 0.125
  first = -np.log(p) - np.log(1 - q)
  second = -np.log(1 - p) - np.log(q)
  found = counting.unigram(train, [np.array([[1, 0], [0, 1]])])
  assert found['nll_per_frame'] == pytest.approx((first + second) / 2)
  assert found['nll_per_frame_tcn'] == pytest.approx(second)


@pytest.mark.skipif(
  'MUSICZOO_DATA' not in os.environ,
  reason='MUSICZOO_DATA names no folder with benchmarks/*.npz',
)
@pytest.mark.parametrize(
  'name, all_frames, tcn',
  [('jsb_quarter', 11.060, 11.091), ('nottingham_roll', 10.252, 10.261)],
)
def test_published_unigrams(name, all_frames, tcn):
  folder = pathlib.Path(os.environ['MUSICZOO_DATA'])
  splits = corpora.load(str(folder / 'benchmarks' / f'{name}.npz'))
  train, test = ([p.x for p in splits[s]] for s in ('train', 'test'))
  found = counting.unigram(train, test)
  assert found['nll_per_frame'] == pytest.approx(all_frames, abs=0.01)
  assert found['nll_per_frame_tcn'] == pytest.approx(tcn, abs=0.01)


def test_the_commonest_value_of_each_voice():
  train = [np.array([[1, 5], [1, 4]]), np.array([[0, 4], [3, 5], [3, 2]])]
  # Of equals the lowest.
  assert baselines.most_frequent(train, 6).tolist() == [1, 4]
  assert baselines.most_frequent([np.array([2, 2, 0])], 3).tolist() == [2]


def test_the_frame_before():
  train = [np.array([[3.0, 0], [3, 1], [5, 1]], np.float32)]
  test = [np.array([[0, 2.0], [2, 2]], np.float32), np.ones((1, 2), np.float32)]
  found = baselines.repeat_last(train, test)
  # The first of a piece is thought to be zeros.
  squares = np.array([[0, 4], [4, 0], [1, 1]])
  variance = np.array([9 + 0 + 4, 0 + 1 + 0]) / 3
  log_p = stats.norm.logpdf(np.sqrt(squares), 0, np.sqrt(variance))
  assert found == {
    'mse_per_frame_repeat_last': pytest.approx(squares.mean()),
    'nll_per_frame_repeat_last': pytest.approx(-log_p.sum() / 3),
  }


def test_principal_components_of_windows():
  rng = np.random.default_rng(0)
  lines = rng.normal(size=(3, 8))
  draw = lambda num: 5 + rng.normal(size=(num, 3)) * [9, 3, 1] @ lines
  train, test = (
    [x.reshape(4, 2).astype(np.float32) for x in draw(num)] for num in (60, 7)
  )
  # By the decomposition itself.
  flat = np.stack([x.ravel() for x in train])
  _, _, found = np.linalg.svd(flat - flat.mean(0), full_matrices=False)
  away = np.stack([x.ravel() for x in test]) - flat.mean(0)
  left = away - away @ found[:2].T @ found[:2]
  assert baselines.pca(train, test, 2) == pytest.approx(
    (left**2).mean(), rel=1e-3
  )
  assert baselines.pca(train, test, 3) < 1e-6 < baselines.pca(train, test, 2)
  # A shorter one is filled up, and what fills it up doesn't count.
  short = [x[:2] for x in test]
  whole = away + flat.mean(0)
  whole[:, 4:] = 0
  away = whole - flat.mean(0)
  left = (away - away @ found[:2].T @ found[:2])[:, :4]
  assert baselines.pca(train, short, 2) == pytest.approx(
    (left**2).mean(), rel=1e-3
  )


def witten_bell(train, piece, place, order, values):
  """The probability of a token by the formula, context by context."""
  p = 1 / values
  for length in range(order):
    padded = [values] * length + piece[:place]
    context = padded[len(padded) - length :]
    follow = [
      x[i]
      for x in train
      for i in range(len(x))
      if ([values] * length + x)[i : i + length] == context
    ]
    if follow:
      kinds = len(set(follow))
      p = (follow.count(piece[place]) + kinds * p) / (len(follow) + kinds)
  return p


def test_ngram_is_the_formula_at_the_order_best_on_valid():
  rng = np.random.default_rng(0)
  train, valid, test = (
    [(np.cumsum(rng.integers(0, 2, n)) % 5).tolist() for n in lengths]
    for lengths in ([40, 1, 30], [25], [20, 2])
  )

  def nats(pieces, order):
    p = [
      witten_bell(train, x, i, order, 6) for x in pieces for i in range(len(x))
    ]
    return -np.mean(np.log(p))

  order = min(range(1, 8), key=lambda n: nats(valid, n))
  assert baselines.ngram(train, valid, test, 6) == pytest.approx(
    {
      'nll_per_token_bigram': nats(test, 2),
      'nll_per_token_ngram': nats(test, order),
      'ngram_order': order,
    }
  )


def test_ngram_of_what_repeats_takes_a_long_context():
  piece = np.array([3, 3, 3, 1, 3, 3, 3, 2] * 20)
  found = baselines.ngram([piece], [piece], [piece], 4)
  assert found['ngram_order'] > 4
  assert found['nll_per_token_ngram'] < 0.1 < found['nll_per_token_bigram']


def test_ngram_is_fitted_to_whole_pieces_up_to_the_limit(monkeypatch):
  train = [np.array([0, 1] * 5), np.array([1, 1] * 5), np.array([2, 2] * 5)]
  other = [np.array([0, 1, 2])]
  two = baselines.ngram(train[:2], other, other, 3)
  assert baselines.ngram(train, other, other, 3) != two
  monkeypatch.setattr(baselines, 'MAX_TOKENS', 25)
  assert baselines.ngram(train, other, other, 3) == two
