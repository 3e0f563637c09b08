"""Accuracy of a window against another, by kind of representation."""

import jax.numpy as jnp

from musiczoo.models.autoregressive import delay


def accuracy(kind: str, guess_BxTxC, x_BxTxC, mask_BxT):
  """-> (cells that agree, cells that count), float32 sums.

  Of bits, most of which are never set, only those set in either count; a bit
  set in both agrees (the accuracy of Bay et al. 2009). In voices a pitch that
  was not there before is struck and a rest never is, whatever the bit of x says.
  """
  guess_BxTxC = guess_BxTxC.astype(jnp.int32)
  x_BxTxC = x_BxTxC.astype(jnp.int32)
  mask = mask_BxT.reshape(*mask_BxT.shape, *[1] * (x_BxTxC.ndim - 2))
  if kind == 'bits':
    both, either = guess_BxTxC & x_BxTxC, guess_BxTxC | x_BxTxC
    return (both * mask).sum(), (either * mask).sum()
  if kind == 'voices':
    guess_BxTxC, x_BxTxC = is_onset(guess_BxTxC), is_onset(x_BxTxC)
  agree = (guess_BxTxC == x_BxTxC) * mask
  return agree.sum(), jnp.broadcast_to(mask, agree.shape).sum()


def is_onset(x_BxTxV):
  """x of voices with the bit set where a note begins, and nowhere else."""
  symbol = x_BxTxV // 2
  begins = (symbol != delay(symbol)) | (x_BxTxV % 2 == 1)
  return 2 * symbol + (begins & (symbol > 0))
