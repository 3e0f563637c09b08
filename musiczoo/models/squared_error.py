"""Two windows of frames walk in; how far the one is from the other walks out."""

import jax.numpy as jnp


def squared(guess_BxTxD, x_BxTxD, mask_BxT):
  """-> (squares of what they differ by, numbers that count), float32 sums."""
  square_BxTxD = (guess_BxTxD - x_BxTxD) ** 2 * mask_BxT[..., None]
  return square_BxTxD.sum(), mask_BxT.sum() * jnp.float32(x_BxTxD.shape[-1])
