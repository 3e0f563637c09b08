"""Degrees of the key: the same in all keys, by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.music.annotations import BAR, COLUMNS, KEY, METER, POSITION
from musiczoo.nn.degrees import Degrees

SYMBOLS = 26  # A rest and two octaves.
MODULE = Degrees(2 * SYMBOLS, 5)
H = jax.random.normal(jax.random.key(2), (1, 1, 4))


def conditions(key, meter=8, bar=1, position=1):
  cond = np.zeros((1, 1, len(COLUMNS)), np.int16)
  cond[..., [KEY, METER, BAR, POSITION]] = key, meter, bar, position
  return jnp.asarray(cond)


def params():
  made = MODULE.init(jax.random.key(0), H, conditions(1), method='logits')
  token = jnp.zeros((1, 1), jnp.int32)
  more = MODULE.init(jax.random.key(1), token, token, method='encode')
  found = made['params'] | more['params']
  draw = lambda a: jax.random.normal(jax.random.key(3), a.shape)
  return {'params': found | {'of_place': jax.tree.map(draw, found['of_place'])}}


PARAMS = params()


def encode(token, key):
  given = jnp.asarray(token), jnp.asarray(key)
  return np.asarray(MODULE.apply(PARAMS, *given, method='encode'))


def logits(*cond):
  """Of each symbol, held and begun: [26, 2]."""
  found = MODULE.apply(PARAMS, H, conditions(*cond), method='logits')
  return np.asarray(found).reshape(SYMBOLS, 2)


@pytest.mark.parametrize('up', range(1, 12))
def test_a_pitch_and_its_key_transposed_are_the_same_degree(up):
  pitch = np.arange(SYMBOLS - 13)
  lower, higher = 2 * (1 + pitch), 2 * (1 + pitch + up)
  np.testing.assert_array_equal(encode(lower, 1), encode(higher, 1 + up))
  minor = 13
  np.testing.assert_array_equal(
    encode(lower, minor), encode(higher, minor + up)
  )
  np.testing.assert_allclose(logits(1)[1:-up], logits(1 + up)[1 + up :])


def test_octaves_are_one_degree_and_others_differ():
  pitches = encode(2 + 2 * np.arange(24), 3)
  np.testing.assert_array_equal(pitches[:12], pitches[12:])
  assert len(np.unique(pitches[:12], axis=0)) == 12
  np.testing.assert_array_equal(logits(3)[1:13], logits(3)[13:25])


def test_rests_unknown_keys_and_what_is_not_there_have_no_degree():
  assert not encode([0, 1, -1], 5).any()
  assert not encode([2, 9, 20], 0).any()
  assert encode([2, 9, 20], 5).any(axis=-1).all()
  assert not logits(0).any()
  assert not logits(5)[0].any() and logits(5)[1:].all()


def test_places_differ_within_eight_bars_of_a_meter():
  same = logits(5, 8, 1, 13), logits(5, 8, 9, 13), logits(5, 8, 25, 13)
  np.testing.assert_array_equal(same[0], same[1])
  np.testing.assert_array_equal(same[0], same[2])
  for other in ((6, 1, 13), (8, 8, 13), (8, 1, 12)):
    assert not np.allclose(same[0], logits(5, *other))
