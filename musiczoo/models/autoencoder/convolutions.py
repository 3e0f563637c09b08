"""Convolutional encoder and decoder of a window.

Time is halved level by level until few steps are left, and doubled again by the
decoder. Norms are over channels alone.
"""

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.nn.conv import Conv

_FEWEST = 4  # Steps that are not halved any more.


class ConvEncoder(nn.Module):
  """Encodes a window by strided convolutions: e [B, T, E] -> y [B, Y].

  Masked steps must be zero in e.
  """

  hidden: int
  dtype: jnp.dtype = jnp.float32
  remat: bool = False

  @nn.compact
  def __call__(self, e_BxTxE, mask_BxT):
    del mask_BxT
    # The slope of a norm of equal channels is 1,000, and a masked step would have
    # them, at every level, if the biases were zero at first.
    bias_init = nn.initializers.normal(0.3)
    dense = nn.Dense(self.hidden, dtype=self.dtype, bias_init=bias_init)
    y_BxTxH = dense(e_BxTxE)
    y_BxTxH = _block(self, 0)(y_BxTxH)
    for level in range(1, 1 + halvings(e_BxTxE.shape[1])):
      y_BxTxH = Conv(self.hidden, (2,), (2,), dtype=self.dtype)(y_BxTxH)
      y_BxTxH = _block(self, level)(y_BxTxH)
    y_BxTxH = nn.gelu(nn.LayerNorm(dtype=self.dtype)(y_BxTxH))
    return y_BxTxH.reshape(len(y_BxTxH), -1)


class ConvDecoder(nn.Module):
  """Decodes a window by convolutions: z [B, L] -> p [B, T, H]."""

  window: int
  hidden: int
  dtype: jnp.dtype = jnp.float32
  remat: bool = False

  @nn.compact
  def __call__(self, z_BxL):
    times = halvings(self.window)
    steps = -(-self.window // 2**times)
    p = nn.Dense(steps * self.hidden, dtype=self.dtype)(z_BxL)
    p_BxTxH = p.reshape(p.shape[0], steps, self.hidden)
    p_BxTxH = _block(self, 0)(p_BxTxH)
    for level in range(1, 1 + times):
      p = nn.Dense(2 * self.hidden, dtype=self.dtype)(p_BxTxH)
      p_BxTxH = p.reshape(p.shape[0], -1, self.hidden)
      p_BxTxH = _block(self, level)(p_BxTxH)
    p_BxTxH = nn.gelu(nn.LayerNorm(dtype=self.dtype)(p_BxTxH))
    return p_BxTxH[:, : self.window]


class ResidualBlock(nn.Module):
  """Norm, GELU and a convolution of three steps, added to the input."""

  hidden: int
  dtype: jnp.dtype = jnp.float32

  @nn.compact
  def __call__(self, y_BxTxH):
    u_BxTxH = nn.gelu(nn.LayerNorm(dtype=self.dtype)(y_BxTxH))
    return y_BxTxH + Conv(self.hidden, (3,), dtype=self.dtype)(u_BxTxH)


def _block(net, level):
  """The block of a level; its parameters don't depend on remat."""
  block = nn.remat(ResidualBlock) if net.remat else ResidualBlock
  return block(net.hidden, net.dtype, name=f'Block_{level}')


def halvings(window: int) -> int:
  """How often a window is halved."""
  times = 0
  while -(-window // 2**times) > _FEWEST:
    times += 1
  return times
