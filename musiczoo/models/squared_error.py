"""Squared error of frames."""

import jax.numpy as jnp


def squared(guess_BxTxD, x_BxTxD, mask_BxT):
  """-> (sum of squared differences, how many), float32 sums."""
  square_BxTxD = (guess_BxTxD - x_BxTxD) ** 2 * mask_BxT[..., None]
  return square_BxTxD.sum(), mask_BxT.sum() * jnp.float32(x_BxTxD.shape[-1])
