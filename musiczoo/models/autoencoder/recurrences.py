"""Recurrent encoder and decoder of a window.

As in MusicVAE (Roberts et al. 2018).
"""

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.nn.recurrent import Recurrent


class BidirectionalEncoder(nn.Module):
  """Encodes a window from both ends: e [B, T, E] -> y [B, 2H]."""

  forwards: Recurrent
  backwards: Recurrent

  def __call__(self, e_BxTxE, mask_BxT):
    _, carry = self.forwards(e_BxTxE, mask=mask_BxT)
    _, back = self.backwards(e_BxTxE[:, ::-1], mask=mask_BxT[:, ::-1])
    return jnp.concatenate([carry[-1][0], back[-1][0]], axis=-1)


class Conductor(nn.Module):
  """Decodes a window segment by segment: z [B, L] -> p [B, T, H].

  All steps of a segment have the same features; with one segment it is the flat
  decoder of MusicVAE.
  """

  net: Recurrent
  segments: int
  segment: int

  def __call__(self, z_BxL):
    z_BxSxL = jnp.repeat(z_BxL[:, None], self.segments, axis=1)
    return jnp.repeat(self.net(z_BxSxL)[0], self.segment, axis=1)
