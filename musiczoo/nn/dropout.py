"""Dropout masks that depend on a row's own PRNG key alone."""

import jax
import jax.numpy as jnp

from musiczoo.nn.keys import fold


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
  return (kept(keys_B, layer, rate, (hidden,)) / (1 - rate)).astype(dtype)


def kept(keys_B: jax.Array, number: int, rate: float, shape: tuple[int, ...]):
  """A mask bool [B, *shape] that is False with probability `rate`.

  Args:
    keys_B: a PRNG key per row.
    number: masks of one key with different numbers are independent.
    rate: the probability.
    shape: of a row's mask.
  """
  draw = lambda key: jax.random.bernoulli(key, 1 - rate, shape)
  return jax.vmap(draw)(fold(keys_B, number))
