"""Convolutional encoder and decoder of a window.

Time is halved level by level until few steps are left, and doubled again on the
way back. Norms are over channels alone.
"""

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.nn.conv import Conv

_FEW = 4  # Steps that are not halved any more.


class Down(nn.Module):
  """Encodes a window by strided convolutions: e [B, T, E] -> y [B, Y].

  What a mask leaves out is to be zero in e.
  """

  hidden: int
  dtype: jnp.dtype = jnp.float32
  remat: bool = False

  @nn.compact
  def __call__(self, e_BxTxE, mask_BxT):
    del mask_BxT
    block = nn.remat(Block) if self.remat else Block
    y_BxTxH = nn.Dense(self.hidden, dtype=self.dtype)(e_BxTxE)
    # Its parameters don't depend on remat.
    y_BxTxH = block(self.hidden, self.dtype, name='Block_0')(y_BxTxH)
    for level in range(halvings(e_BxTxE.shape[1])):
      y_BxTxH = Conv(self.hidden, (2,), (2,), dtype=self.dtype)(y_BxTxH)
      name = f'Block_{level + 1}'
      y_BxTxH = block(self.hidden, self.dtype, name=name)(y_BxTxH)
    y_BxTxH = nn.gelu(nn.LayerNorm(dtype=self.dtype)(y_BxTxH))
    return y_BxTxH.reshape(len(y_BxTxH), -1)


class Up(nn.Module):
  """Decodes a window by convolutions: z [B, L] -> p [B, T, H]."""

  window: int
  hidden: int
  dtype: jnp.dtype = jnp.float32
  remat: bool = False

  @nn.compact
  def __call__(self, z_BxL):
    block = nn.remat(Block) if self.remat else Block
    times = halvings(self.window)
    steps = -(-self.window // 2**times)
    p = nn.Dense(steps * self.hidden, dtype=self.dtype)(z_BxL)
    p_BxTxH = p.reshape(p.shape[0], steps, self.hidden)
    p_BxTxH = block(self.hidden, self.dtype)(p_BxTxH)
    for _ in range(times):
      p = nn.Dense(2 * self.hidden, dtype=self.dtype)(p_BxTxH)
      p_BxTxH = p.reshape(p.shape[0], -1, self.hidden)
      p_BxTxH = block(self.hidden, self.dtype)(p_BxTxH)
    p_BxTxH = nn.gelu(nn.LayerNorm(dtype=self.dtype)(p_BxTxH))
    return p_BxTxH[:, : self.window]


class Block(nn.Module):
  """A residual block: norm, GELU and a convolution of three steps."""

  hidden: int
  dtype: jnp.dtype = jnp.float32

  @nn.compact
  def __call__(self, y_BxTxH):
    u_BxTxH = nn.gelu(nn.LayerNorm(dtype=self.dtype)(y_BxTxH))
    return y_BxTxH + Conv(self.hidden, (3,), dtype=self.dtype)(u_BxTxH)


def halvings(window: int) -> int:
  """How often a window is halved."""
  times = 0
  while -(-window // 2**times) > _FEW:
    times += 1
  return times
