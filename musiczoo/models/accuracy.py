"""Accuracy and squared error of windows against others."""

import jax.numpy as jnp

from musiczoo.models.cells import canonical


def accuracy(kind: str, guess_BxTxC, x_BxTxC, mask_BxT):
  """-> (cells that agree, cells that count), float32 sums.

  Of bits, most of which are never set, only those set in either count; a bit
  set in both agrees (the accuracy of Bay et al. 2009). Cells of voices are
  compared in their canonical form.
  """
  guess_BxTxC = guess_BxTxC.astype(jnp.int32)
  x_BxTxC = x_BxTxC.astype(jnp.int32)
  mask = mask_BxT.reshape(*mask_BxT.shape, *[1] * (x_BxTxC.ndim - 2))
  if kind == 'bits':
    both, either = guess_BxTxC & x_BxTxC, guess_BxTxC | x_BxTxC
    return (both * mask).sum(), (either * mask).sum()
  if kind == 'voices':
    guess_BxTxC, x_BxTxC = canonical(guess_BxTxC), canonical(x_BxTxC)
  agree = (guess_BxTxC == x_BxTxC) * mask
  return agree.sum(), jnp.broadcast_to(mask, agree.shape).sum()


def squared(guess_BxTxD, x_BxTxD, mask_BxT):
  """-> (sum of squared differences, how many), float32 sums."""
  square_BxTxD = (guess_BxTxD - x_BxTxD) ** 2 * mask_BxT[..., None]
  return square_BxTxD.sum(), mask_BxT.sum() * jnp.float32(x_BxTxD.shape[-1])
