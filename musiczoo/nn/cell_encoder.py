"""CellEncoder: convolutions over the known cells of voices.

Shapes: B rows, T steps, V voices, H hidden units.
"""

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.nn.conv import Conv
from musiczoo.nn.dropout import locked

CYCLE = 5  # Dilations are 1, 2, 4, 8, 16 and 1 again: a bar of sixteenths.
_MASK = 1 << 19  # Lower numbers are of the net, the conditions and the head.


class CellEncoder(nn.Module):
  """Encodes the known cells of the real steps, before and after each step.

  Attributes:
    depth: number of symbols S; cells are below 2 * depth.
    voices: V.
    hidden: units H.
    layers: residual blocks.
    dropout: rate of dropout after each block and layer, one mask per row.
    onsets: False leaves the bits out, for data that does not have them.
    remat: recompute each block in the backward pass, to save memory.
  """

  depth: int
  voices: int
  hidden: int
  layers: int
  dropout: float = 0.0
  onsets: bool = True
  dtype: jnp.dtype = jnp.float32
  remat: bool = False

  def setup(self):
    # One table for all voices: their symbols, then the mask, then an onset.
    self.embedding = nn.Embed(
      self.voices * (self.depth + 2), self.hidden, self.dtype
    )
    block = nn.remat(Block) if self.remat else Block
    self.blocks = [
      block(self.hidden, 2 ** (i % CYCLE), self.dtype)
      for i in range(self.layers)
    ]
    self.norm = nn.LayerNorm(dtype=self.dtype)

  def __call__(self, x_BxTxV, known_BxTxV, real_BxT, keys_B=None, more=0):
    """Encodes some cells, [B, T, H].

    Args:
      x_BxTxV: cells; of those that are not known the values do not matter.
      known_BxTxV: which are known.
      real_BxT: which steps are no padding.
      keys_B: one PRNG key per row turns dropout on; None: off.
      more: [B, T, H], added to the embedding of each step.
    """
    h_BxTxH = self._embed(x_BxTxV, known_BxTxV & real_BxT[..., None]) + more
    for i, block in enumerate(self.blocks):
      h_BxTxH += self._drop(block(h_BxTxH, real_BxT), keys_B, i)
    h_BxTxH = nn.relu(self.norm(h_BxTxH))
    return self._drop(h_BxTxH, keys_B, self.layers)

  def _embed(self, x_BxTxV, known_BxTxV):
    first_V = jnp.arange(self.voices) * (self.depth + 2)
    symbol_BxTxV = jnp.where(known_BxTxV, x_BxTxV // 2, self.depth)
    h_BxTxH = self.embedding(first_V + symbol_BxTxV).sum(-2)
    if self.onsets:
      onset_BxTxV = (known_BxTxV & (x_BxTxV % 2 == 1)).astype(self.dtype)
      h_BxTxH += onset_BxTxV @ self.embedding(first_V + self.depth + 1)
    return h_BxTxH

  def _drop(self, h_BxTxH, keys_B, i):
    if keys_B is None or not self.dropout:
      return h_BxTxH
    size = h_BxTxH.shape[-1]
    kept_Bx1xH = locked(keys_B, _MASK + i, self.dropout, size, self.dtype)
    return h_BxTxH * kept_Bx1xH.reshape(-1, 1, size)


class Block(nn.Module):
  """F(h), which spans `dilation` steps back and ahead.

  Its input is zero at steps that are padding, as beyond the ends of the array.
  """

  hidden: int
  dilation: int
  dtype: jnp.dtype

  @nn.compact
  def __call__(self, h_BxTxH, real_BxT):
    y_BxTxH = nn.relu(nn.LayerNorm(dtype=self.dtype)(h_BxTxH))
    y_BxTxH *= real_BxT[..., None]
    conv = Conv(self.hidden, (3,), (), self.dilation, self.dtype)
    y_BxTxH = nn.relu(conv(y_BxTxH))
    return nn.Dense(self.hidden, dtype=self.dtype)(y_BxTxH)
