"""Means with their intervals, and one number for how far two sets are apart."""

import math

import numpy as np
import pytest

from musiczoo.evaluation.metrics import (
  gaps,
  gaps_in_halves,
  mean_gap,
  summary,
)

NAN = math.nan


def gap(samples, corpus):
  return mean_gap(gaps(samples, corpus))


def normal(seed, mean=0.0, sd=1.0, pieces=200):
  return np.random.default_rng(seed).normal(mean, sd, pieces)


def test_mean_and_interval_of_known_data():
  mean, low, high = summary({'a': normal(0, 5, 2)})['a']
  assert mean == pytest.approx(normal(0, 5, 2).mean())
  # Of a mean of 200 draws: 1.96 sd / sqrt(200) to either side.
  half = 1.96 * normal(0, 5, 2).std() / math.sqrt(200)
  assert low == pytest.approx(mean - half, abs=0.05)
  assert high == pytest.approx(mean + half, abs=0.05)


def test_intervals_cover_the_truth():
  sets = np.random.default_rng(0).exponential(size=(150, 60))
  covered = [
    low <= 1 <= high
    for _, low, high in (summary({'a': x}, resamples=150)['a'] for x in sets)
  ]
  assert 0.88 < np.mean(covered) < 0.98


def test_undefined_pieces_are_left_out_of_that_metric_alone():
  values = np.array([1.0, NAN, 3.0, NAN])
  found = summary({'some': values, 'all': np.arange(4.0), 'none': values * NAN})
  assert found['some'][0] == 2
  assert 1 <= found['some'][1] <= found['some'][2] <= 3
  assert found['all'][0] == 1.5
  assert np.isnan(found['none']).all()


def test_one_seed_one_interval():
  figures = {'a': normal(0), 'b': normal(1)}
  assert summary(figures) == summary(figures)
  assert summary(figures)['a'] != summary(figures, seed=1)['a']
  assert summary(figures)['a'][0] == summary(figures, seed=1)['a'][0]


def test_a_constant_has_no_interval():
  assert summary({'a': np.full(9, 0.25)})['a'] == (0.25, 0.25, 0.25)


def test_no_pieces():
  assert np.isnan(summary({'a': np.zeros(0)})['a']).all()
  assert math.isnan(gap({'a': np.zeros(0)}, {'a': np.zeros(0)}))


def test_a_shift_by_one_deviation_is_half_a_gap():
  corpus = normal(0)
  shifted = gaps({'a': corpus + corpus.std()}, {'a': corpus})
  assert shifted['a'] == pytest.approx(0.5)
  assert gaps({'a': corpus}, {'a': corpus}) == {'a': 0}


def test_the_gap_is_the_area_between_distributions():
  # Steps of 1/2 and 1/3: between 0, 1 and 2 they are 1/6 and 1/3 apart.
  samples, corpus = np.array([0.0, 2.0]), np.array([0.0, 1.0, 1.0])
  area, sd = 1 / 6 + 1 / 2, corpus.std()
  found = gaps({'a': samples}, {'a': corpus})['a']
  assert found == pytest.approx(area / (area + sd))


def test_samples_all_alike_are_apart_though_their_mean_is_right():
  corpus = normal(0)
  alike = np.full(200, corpus.mean())
  other = normal(1)
  apart = gap({'a': alike}, {'a': corpus})
  assert apart > 0.4 > 0.15 > gap({'a': other}, {'a': corpus})


def test_units_cancel_and_none_drowns_the_others():
  a, b = normal(0, 1), normal(1, 0)
  assert gap({'a': 1e6 * a}, {'a': 1e6 * b}) == pytest.approx(
    gap({'a': a}, {'a': b})
  )
  wild = {'a': a, 'wild': 1e12 * a}
  alone = gap({'a': a}, {'a': b})
  assert gap(wild, {'a': b, 'wild': b}) == pytest.approx((alone + 1) / 2)


def test_undefined_on_one_side_is_a_whole_gap_and_on_both_none():
  none, some = np.full(3, NAN), np.arange(3.0)
  samples = {'lost': none, 'new': some, 'neither': none, 'same': some}
  corpus = {'lost': some, 'new': none, 'neither': none, 'same': some}
  assert gaps(samples, corpus) == {'lost': 1, 'new': 1, 'same': 0}
  assert gap(samples, corpus) == 2 / 3


def test_a_constant_corpus():
  constant = np.ones(5)
  assert gaps({'a': np.ones(2)}, {'a': constant}) == {'a': 0}
  assert gaps({'a': np.zeros(2)}, {'a': constant}) == {'a': 1}


def test_a_gap_of_one_is_that_of_two_halves():
  # Halves of two pieces are one each, and always differ by two.
  found = gaps_in_halves(
    {'a': np.array([6.0]), 'b': np.array([1.0, 3.0])},
    {'a': np.array([1.0, 3.0]), 'b': np.array([1.0, 3.0])},
  )
  assert found == {'a': (2, 6, 2), 'b': (2, 2, 0)}


def test_halves_are_compared_in_what_is_defined():
  corpus = np.array([1.0, 3.0, NAN, NAN])
  found = gaps_in_halves({'a': np.array([4.0, NAN])}, {'a': corpus}, splits=200)
  # Of the splits in which both halves have a mean, each differs by two.
  assert found == {'a': (2, 4, 1)}


def test_what_never_varies_is_equal_or_infinitely_far():
  corpus = {'a': np.ones(4), 'b': np.ones(4), 'c': np.ones(4)}
  samples = {'a': np.ones(2), 'b': np.array([1.0, 2.0]), 'c': np.array([NAN])}
  found = gaps_in_halves(samples, corpus)
  assert found['a'] == (1, 1, 0)
  assert found['b'] == (1, 1.5, math.inf)
  assert math.isnan(found['c'][2])
  of_nothing = gaps_in_halves(
    corpus, {name: x * NAN for name, x in corpus.items()}
  )
  assert math.isnan(of_nothing['a'][2])


def test_a_third_as_many_real_pieces_have_gaps_of_about_one():
  def found(seed):
    pieces = normal(seed, pieces=80)
    samples, corpus = pieces[:20], pieces[20:]
    return gaps_in_halves({'a': samples}, {'a': corpus})['a'][2]

  assert np.mean([found(seed) for seed in range(200)]) == pytest.approx(
    1, abs=0.15
  )
