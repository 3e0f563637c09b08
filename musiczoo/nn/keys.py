"""PRNG keys and noise, one key per row, so that a row is the same in any batch."""

from collections.abc import Callable

import jax


def row_keys(rng, row_B):
  """One key per row, the same whichever device or microbatch it is on."""
  return jax.vmap(jax.random.fold_in, (None, 0))(rng, row_B)


def fold(keys_B, number):
  """The keys with a number folded into each, [B]."""
  return jax.vmap(jax.random.fold_in, (0, None))(keys_B, number)


def split(keys_B, num: int):
  """Keys [B] -> [num, B]."""
  return jax.vmap(lambda key: jax.random.split(key, num), out_axes=1)(keys_B)


def noise(distribution: Callable, keys_B, shape: tuple[int, ...]):
  """Noise of a distribution of `jax.random`, such as `normal`: [B, *shape]."""
  return jax.vmap(lambda key: distribution(key, shape))(keys_B)
