"""Heads: they sum to one, what they sample is what they say, in their order."""

import itertools

from hypothesis import given, settings, strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.heads import (
    Bernoulli,
    Categorical,
    Controls,
    HEADS,
    NADE,
    sharpen,
    Voices,
)

H = 6  # what the net says
TINY = {
    'bernoulli': Bernoulli(4),
    'categorical': Categorical(5, features=3),
    'voices': Voices(3, voices=2, features=3, hidden=4),
    'voices_without_onsets': Voices(
        3, voices=2, features=3, hidden=4, onsets=False
    ),
    'nade': NADE(4, hidden=5),
}
each_head = pytest.mark.parametrize('name', list(TINY))


def normal(seed, *shape):
  return np.random.default_rng(seed).standard_normal(shape, np.float32)


def steps_of(head, prev):
  """All that may follow `prev`: int32 [N, C], canonical."""
  if head.kind == 'tokens':
    return np.arange(head.depth)
  if head.kind == 'bits':
    return np.array(list(itertools.product((0, 1), repeat=head.depth)))

  def cells(before):
    moved = [2 * s + (s > 0) for s in range(head.depth) if s != before // 2]
    stayed = [2 * (before // 2)]
    if before // 2 and head.onsets:
      stayed += [stayed[0] + 1]
    return moved + stayed

  return np.array(list(itertools.product(*map(cells, prev))))


def prev_of(head):
  """A step with a rest in the upper voice and a pitch in the lower."""
  return {
      'bits': np.zeros(head.depth, np.int32),
      'tokens': np.int32(0),
      'voices': np.array([0, 5], np.int32),
  }[head.kind][()]


def build(name, dtype=jnp.float32):
  """(head, variables), with weights large enough to make strong opinions."""
  head = TINY[name].clone(dtype=dtype)
  h, prev = np.zeros((1, H), np.float32), prev_of(head)[None]
  both = lambda m, h, x: (m.embed(x), m.log_prob(h, x, x))
  shapes = jax.eval_shape(
      lambda rng: head.init(rng, h, prev, method=both), jax.random.key(0)
  )
  noise = lambda a: normal(a.size, *a.shape)
  return head, jax.tree.map(noise, shapes)


def log_prob(head, variables, h, x, prev):
  parts = head.apply(variables, h, x, prev, method='log_prob')
  return sum(parts.values())


def table(head, variables, h, prev):
  """(all steps [N, C], their probabilities [N]) after `prev`, given h [H]."""
  x = steps_of(head, prev)
  repeat = lambda a: np.broadcast_to(a, (len(x), *np.shape(a)))
  log_p = jax.jit(lambda *a: log_prob(head, variables, *a))
  return x, np.exp(log_p(repeat(h), x, repeat(prev)))


def draw(head, variables, h, prev, num, controls=Controls(), seed=0):
  """`num` samples of the step after `prev`, given h [H]."""
  repeat = lambda a: np.broadcast_to(a, (num, *np.shape(a)))
  keys = jax.random.split(jax.random.key(seed), num)
  sample = jax.jit(lambda *a: head.apply(variables, *a, method='sample'))
  return np.asarray(sample(repeat(h), repeat(prev), keys, controls))


@each_head
def test_probabilities_sum_to_one(name):
  head, variables = build(name)
  _, p = table(head, variables, normal(1, H), prev_of(head))
  assert p.sum() == pytest.approx(1, abs=1e-5)
  assert p.max() < 0.9  # or the sum would say little


@each_head
def test_samples_come_as_often_as_said(name):
  head, variables = build(name)
  h, prev, num = normal(1, H), prev_of(head), 20_000
  x, p = table(head, variables, h, prev)
  drawn = draw(head, variables, h, prev, num)
  assert drawn.dtype == np.int32
  axes = tuple(range(1, x.ndim))
  seen = np.array([(drawn == row).all(axes).sum() for row in x])
  assert seen.sum() == num  # nothing else was drawn
  # Chi-square of N - 1 degrees of freedom: mean N - 1, variance 2 (N - 1).
  common = p * num > 5
  chi2 = ((seen - p * num) ** 2 / (p * num))[common].sum()
  assert chi2 < common.sum() + 5 * np.sqrt(2 * common.sum())


@each_head
def test_a_row_is_the_same_in_any_batch(name):
  head, variables = build(name)
  keys = jax.random.split(jax.random.key(3), 6)
  h = 0.1 * normal(4, 6, H)
  prev = np.stack([prev_of(head)] * 6)
  sample = jax.jit(
      lambda *a: head.apply(variables, *a, Controls(), method='sample')
  )
  together = sample(h, prev, keys)
  alone = [sample(h[i:][:1], prev[i:][:1], keys[i:][:1]) for i in range(6)]
  np.testing.assert_array_equal(together, np.concatenate(alone))
  assert len(np.unique(together, axis=0)) > 1


@each_head
def test_cold_is_the_likeliest_and_hot_is_even(name):
  head, variables = build(name)
  h, prev = normal(1, H), prev_of(head)
  cold = draw(head, variables, h, prev, 8, Controls(temperature=0.0))
  assert (cold == cold[0]).all()
  _, p = table(head, variables, h, prev)
  if head.kind == 'tokens' or name == 'bernoulli':
    np.testing.assert_array_equal(cold[0], steps_of(head, prev)[p.argmax()])
  hot = draw(head, variables, h, prev, 4000, Controls(temperature=1e6))
  symbols = hot // 2 if head.kind == 'voices' else hot
  top = 2 if head.kind == 'bits' else head.depth
  assert symbols.mean() == pytest.approx((top - 1) / 2, abs=0.05)


@each_head
def test_any_leading_shape_and_bfloat16(name):
  head, variables = build(name, jnp.bfloat16)
  prev = np.broadcast_to(prev_of(head), (2, 3, *np.shape(prev_of(head))))
  x = prev.astype(np.uint8)
  log_p = log_prob(head, variables, normal(1, 2, 3, H), x, x)
  assert log_p.shape == (2, 3) and log_p.dtype == jnp.float32
  e = head.apply(variables, x, method='embed')
  assert e.shape[:2] == (2, 3) and e.ndim == 3 and e.dtype == jnp.bfloat16
  exact = log_prob(
      head.clone(dtype=jnp.float32), variables, normal(1, 2, 3, H), x, x
  )
  np.testing.assert_allclose(log_p, exact, rtol=0.05, atol=0.3)


def test_the_table_has_all_heads():
  assert set(HEADS.values()) == {type(head) for head in TINY.values()}


def symbols_after(variables, head, x):
  """log p(s_v | ...) of each voice, by what changes when v's symbol does."""
  h, prev = normal(1, H), np.zeros(head.voices, np.int32)
  return log_prob(head, variables, h, x, prev)


def test_a_voice_hears_those_above_and_only_them():
  head, variables = build('voices_without_onsets')
  h, prev = normal(1, H), prev_of(head)
  x, p = table(head, variables, h, prev)
  joint = p.reshape(head.depth, head.depth)
  # `steps_of` puts the symbol that stays last.
  upper = joint.sum(1)
  lower = joint / upper[:, None]
  assert upper.sum() == pytest.approx(1, abs=1e-5)
  assert np.ptp(lower, axis=0).max() > 0.05
