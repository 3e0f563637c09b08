"""Locked dropout masks, one per row and layer."""

import jax
import jax.numpy as jnp


def locked(
  keys_B: jax.Array, layer: int, rate: float, hidden: int, dtype: jnp.dtype
) -> jax.Array:
  """A dropout mask per row and layer, the same at all steps: [B, H].

  Locked dropout (Gal & Ghahramani 2016), or channel dropout: a unit is
  dropped for the whole piece or not at all.

  Args:
    keys_B: a PRNG key per row, so that a row is the same in any batch.
    layer: index of the layer; layers drop different units.
    rate: share of units dropped. Kept units are scaled by 1 / (1 - rate).
    hidden: units H.
    dtype: of the mask.
  """

  def draw(key):
    key = jax.random.fold_in(key, layer)
    return jax.random.bernoulli(key, 1 - rate, (hidden,)) / (1 - rate)

  return jax.vmap(draw)(keys_B).astype(dtype)
