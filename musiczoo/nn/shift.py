"""Shifts of arrays along time."""

import jax.numpy as jnp


def delay(x_BxTxC, steps: int = 1):
  """The array shifted by some steps; zeros stand before the beginning."""
  pads = [(0, 0), (steps, 0)] + [(0, 0)] * (x_BxTxC.ndim - 2)
  return jnp.pad(x_BxTxC, pads)[:, : x_BxTxC.shape[1]]
