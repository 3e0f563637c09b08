"""Chroma: how long each pitch class has sounded, seen from each voice."""

import jax
import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.music.spec import Spec
from musiczoo.nn.chroma import Chroma
from musiczoo.nn.heads import HEADS
from tests import families

MANY = Chroma((2.0, 8.0))


def voices(seed=0, rows=2, steps=9):
  """Cells of random voices, some of which rest."""
  rng = np.random.default_rng(seed)
  symbol = rng.integers(13, 25, (rows, steps, 3)) * (
    rng.random((rows, steps, 3)) < 0.8
  )
  return (2 * symbol + rng.integers(2, size=symbol.shape)).astype(np.uint8)


def test_a_step_counts_half_after_a_half_life():
  c, g = 2 * 13, 2 * 20  # A fifth.
  before = np.array([[[c, g], [0, 0], [c, 0]]], np.uint8)
  features, after = Chroma((2.0,))(before)
  now = np.zeros((3, 12))
  now[0, 1] = now[0, 8] = 1
  now[1] = now[0] * 0.5**0.5
  now[2] = now[0] * 0.5
  now[2, 1] += 1
  np.testing.assert_allclose(after[0, 0], now[2], rtol=1e-6)
  scaled = 12 * now / (now.sum(1, keepdims=True) + 2)
  seen = np.asarray(features).reshape(3, 2, 12)
  np.testing.assert_allclose(seen[0, 0], np.roll(scaled[0], -1), rtol=1e-6)
  np.testing.assert_allclose(seen[0, 1], np.roll(scaled[0], -8), rtol=1e-6)
  assert not seen[1].any() and not seen[2, 1].any()  # Those that rest.
  np.testing.assert_allclose(seen[2, 0], np.roll(scaled[2], -1), rtol=1e-6)


def test_it_is_the_same_in_every_key():
  x = voices()
  features, _ = MANY(x)
  for semitones in (-5, 3, 12):
    moved, _ = MANY(np.where(x > 1, x.astype(int) + 2 * semitones, x))
    np.testing.assert_allclose(moved, features, atol=1e-6)


def test_steps_one_after_another_are_the_whole():
  x = voices()
  whole, after = jax.jit(MANY)(x)
  past, each = MANY.start(len(x)), []
  for t in range(x.shape[1]):
    features, past = MANY(x[:, t : t + 1], past)
    each.append(features)
  np.testing.assert_allclose(np.concatenate(each, 1), whole, atol=1e-5)
  np.testing.assert_allclose(past, after, atol=1e-5)


def test_it_is_of_voices_only():
  bits = Spec('bits', 6, (6,))
  head = HEADS['bernoulli'](depth=6)
  with pytest.raises(UserError, match='model.chroma=True is of voices'):
    families.make('gru', bits, head, hidden=7, layers=1, chroma=True)
