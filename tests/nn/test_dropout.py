"""Locked dropout: a row's own, and another in each layer."""

import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.nn.dropout import locked

KEYS = jax.random.split(jax.random.key(0), 40)


def masks(layer=0, keys=KEYS, dtype=jnp.float32):
  return np.asarray(locked(keys, layer, 0.25, 64, dtype), np.float32)


def test_the_mean_stays():
  kept = masks()
  np.testing.assert_allclose(np.unique(kept), [0, 1 / 0.75])
  assert abs(kept.mean() - 1) < 0.05


def test_a_mask_belongs_to_its_row_and_layer():
  kept = masks()
  assert (kept[0] != kept[1]).any() and (kept != masks(layer=1)).any()
  np.testing.assert_array_equal(masks(keys=KEYS[7:9]), kept[7:9])


def test_a_mask_is_of_the_computations_dtype():
  assert locked(KEYS, 0, 0.25, 64, jnp.bfloat16).dtype == jnp.bfloat16
