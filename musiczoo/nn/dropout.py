"""Rows' keys walk in; which units of each row are kept walks out."""

import jax
import jax.numpy as jnp


def locked(
    keys_B: jax.Array, layer: int, rate: float, hidden: int, dtype: jnp.dtype
) -> jax.Array:
  """One mask per row and layer, to be used at all steps: [B, H].

  Locked dropout (Gal & Ghahramani 2016), or dropout of whole channels: what a
  unit says is dropped for the whole piece or not at all.

  Args:
    keys_B: a PRNG key per row, so that a row is the same in any batch.
    layer: its number; layers drop different units.
    rate: share of units dropped. Those kept are raised by 1 / (1 - rate).
  """

  def draw(key):
    key = jax.random.fold_in(key, layer)
    return jax.random.bernoulli(key, 1 - rate, (hidden,)) / (1 - rate)

  return jax.vmap(draw)(keys_B).astype(dtype)
