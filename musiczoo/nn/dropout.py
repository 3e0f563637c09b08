"""Locked dropout: one mask per row and layer for all steps."""

import jax
import jax.numpy as jnp


def locked(
  keys_B: jax.Array, layer: int, rate: float, hidden: int, dtype: jnp.dtype
) -> jax.Array:
  """The mask of one layer, the same at all steps of a row: [B, H].

  Locked dropout (Gal & Ghahramani 2016), or dropout of whole channels: a unit is
  dropped for all steps or for none.

  Args:
    keys_B: a PRNG key per row, so that a row is the same in any batch.
    layer: its number; each layer has a mask of its own.
    rate: share of units dropped. The others are scaled by 1 / (1 - rate).
  """

  def draw(key):
    key = jax.random.fold_in(key, layer)
    return jax.random.bernoulli(key, 1 - rate, (hidden,)) / (1 - rate)

  return jax.vmap(draw)(keys_B).astype(dtype)
