"""Numbers of the statistics, by hand and from the books."""

import itertools
import math

import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.evaluation import significance


@pytest.mark.parametrize(
  # The table of any textbook, two-sided 95 %, to three places.
  'freedom,t',
  [
    (1, 12.706),
    (2, 4.303),
    (3, 3.182),
    (4, 2.776),
    (5, 2.571),
    (7, 2.365),
    (10, 2.228),
    (19, 2.093),
    (30, 2.042),
    (120, 1.980),
  ],
)
def test_an_interval_has_the_quantile_of_the_table(freedom, t):
  values = np.arange(freedom + 1.0)
  low, high = significance.t_interval(values)
  error = values.std(ddof=1) / np.sqrt(len(values))
  assert (high - low) / (2 * error) == pytest.approx(t, abs=5e-4)


def test_an_interval_by_hand():
  # Mean 2, sd 1, n 3: 2 +- 4.303 / sqrt(3).
  low, high = significance.t_interval([1, 2, 3])
  assert (low, high) == pytest.approx((-0.4843, 4.4843), abs=1e-3)
  assert all(map(math.isnan, significance.t_interval([1.0])))


@pytest.mark.parametrize(
  'differences,p',
  [
    ([], 1),
    ([1], 1),
    ([1, 1, 1, 1], 1 / 8),  # The least of four.
    ([-1, -2, -3, -4, -5], 1 / 16),
    # Sums of +-1 +-2 +-3 that reach 4: 6, 4, -4, -6.
    ([-1, 2, 3], 4 / 8),
    ([0, 0, 0], 1),
    ([0.1, 0.2, -0.3], 1),  # 0, but for its rounding.
  ],
)
def test_p_by_hand(differences, p):
  assert significance.sign_flip_p(differences) == pytest.approx(p, abs=1e-12)


def test_p_is_the_share_of_all_flips():
  rng = np.random.default_rng(0)
  for n in range(1, 11):
    d = rng.normal(0.5, 1, n).round(1)  # With ties.
    sums = [abs(d @ flip) for flip in itertools.product([1, -1], repeat=n)]
    share = np.mean(np.array(sums) >= abs(d.sum()) - 1e-9)
    assert significance.sign_flip_p(d) == pytest.approx(share, abs=1e-12)
    assert significance.sign_flip_p(-d) == significance.sign_flip_p(d)


def test_p_of_too_many_pairs_is_refused():
  with pytest.raises(UserError, match='41 pairs'):
    significance.sign_flip_p([1.0] * 41)


def test_holm_by_hand():
  # 3 x .01, 2 x .02, 1 x .03 and never below the one before.
  assert significance.holm([0.03, 0.01, 0.02]) == pytest.approx(
    [0.04, 0.03, 0.04]
  )
  assert significance.holm([0.5, 0.9]) == [1, 1]
  assert significance.holm([]) == []


def test_pairs_that_could_decide():
  # 2 / 2^n <= .05 / comparisons.
  assert [significance.pairs_needed(m) for m in (1, 2, 3, 7)] == [6, 7, 7, 9]
  for m in (1, 2, 3, 7, 100):
    n = significance.pairs_needed(m)
    assert m * 2.0 ** (1 - n) <= significance.LEVEL < m * 2.0 ** (2 - n)


def test_a_better_one_is_called_so():
  a = {seed: 8.0 + seed for seed in range(6)}
  b = {seed: 8.5 + seed + 0.01 * seed for seed in range(6)}
  (pair,) = significance.compare_points('a', {'b': b, 'a': a})
  assert (pair.a, pair.b, pair.n, pair.p) == ('a', 'b', 6, 2 / 64)
  # What the seeds have in common falls out, though their spread is large.
  assert pair.high < 0
  assert pair.significant
  assert significance.describe(pair).startswith('a is better than b: -0.5250 [')
  # It was best on valid, and is worse on test.
  (pair,) = significance.compare_points('b', {'a': a, 'b': b})
  assert significance.describe(pair).startswith('b is worse than a: +0.5250 [')


def test_only_common_seeds_are_pairs():
  (pair,) = significance.compare_points(
    'a', {'a': {0: 1.0, 1: 2.0}, 'b': {1: 4.0, 2: 0.0}}
  )
  assert (pair.n, pair.mean) == (1, -2.0)
  (pair,) = significance.compare_points('a', {'a': {0: 1.0}, 'b': {1: 4.0}})
  assert (pair.n, pair.p) == (0, 1)


def test_what_few_seeds_cannot_decide_is_said():
  a = {seed: 1.0 for seed in range(4)}
  b = {seed: 2.0 + 0.1 * seed for seed in range(4)}
  (pair,) = significance.compare_points('a', {'a': a, 'b': b})
  assert pair.p == 1 / 8
  said = significance.describe(pair)
  assert 'undecided at 4 seeds' in said
  assert 'it takes at least 6 seeds to decide' in said
  # Seven seeds could, but do not here.
  noise = {seed: (-1.0) ** seed for seed in range(7)}
  (pair,) = significance.compare_points(
    'a', {'a': noise, 'b': dict.fromkeys(noise, 0.0)}
  )
  assert 'undecided at 7 seeds' in significance.describe(pair)
  assert 'it takes' not in significance.describe(pair)


def test_the_level_is_shared_by_all_comparisons():
  a = dict.fromkeys(range(6), 0.0)
  b = {seed: 1.0 + seed for seed in a}
  alone, several = (
    significance.compare_points(
      'a', {'a': a, **{f'b{i}': b for i in range(n)}}
    )[0]
    for n in (1, 3)
  )
  assert alone.significant and not several.significant
  assert several.holm == 3 * alone.holm
