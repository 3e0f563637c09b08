"""InfillNet: logits of each cell of voices given the known cells.

Shapes: B rows, T steps, V voices, S symbols of a voice, H hidden units.
"""

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.nn.conv import Conv
from musiczoo.nn.heads.distributions import logits_layer

CYCLE = 5  # Dilations are 1, 2, 4, 8, 16 and 1 again: a bar of sixteenths.


class InfillNet(nn.Module):
  """p(cell | known cells) of every cell at once, independently.

  A cell is (symbol, onset bit), drawn in this order. What known cells determine
  costs no nats: where the next cell is known to hold its note the symbol is that
  note; a rest has no onset, and a symbol that differs from a known one before it
  always has one.

  Attributes:
    depth: number of symbols S; cells are below 2 * depth.
    voices: V.
    hidden: units H.
    layers: residual blocks.
    onsets: False leaves the bits out, for data that does not have them.
    remat: recompute each block in the backward pass, to save memory.
  """

  depth: int
  voices: int
  hidden: int
  layers: int
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
    self.symbols = logits_layer(self.voices * self.depth, self.dtype)
    if self.onsets:
      self.bits = logits_layer(self.voices * self.depth, self.dtype)

  def __call__(self, x_BxTxV, known_BxTxV, real_BxT):
    """Encodes the known cells of the real steps, and nothing else.

    Returns:
      Logits float32 [B, T, V, S] of the symbols, and of the bits given each of
      them (None without onsets).
    """
    first_V = jnp.arange(self.voices) * (self.depth + 2)
    symbol_BxTxV = jnp.where(known_BxTxV, x_BxTxV // 2, self.depth)
    h_BxTxH = self.embedding(first_V + symbol_BxTxV).sum(-2)
    if self.onsets:
      onset_BxTxV = (known_BxTxV & (x_BxTxV % 2 == 1)).astype(self.dtype)
      h_BxTxH += onset_BxTxV @ self.embedding(first_V + self.depth + 1)
    for block in self.blocks:
      h_BxTxH = block(h_BxTxH, real_BxT)
    h_BxTxH = nn.relu(self.norm(h_BxTxH))
    shape = *x_BxTxV.shape, self.depth
    bits = self.bits(h_BxTxH).reshape(shape) if self.onsets else None
    return self.symbols(h_BxTxH).reshape(shape), bits


class Block(nn.Module):
  """h + F(h), where F spans `dilation` steps back and ahead.

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
    return h_BxTxH + nn.Dense(self.hidden, dtype=self.dtype)(y_BxTxH)


def fits(x_BxTxV, known_BxTxV, logits, onsets: bool = True):
  """Which symbols leave a known next cell as it is: bool [B, T, V, S].

  One that holds its note needs the same symbol before it; where repeated notes
  are not distinguished, one that begins its note needs another.
  """
  ahead = [(0, 0), (0, 1), (0, 0)]
  next_BxTxV = jnp.pad(x_BxTxV, ahead)[:, 1:]
  sounds = jnp.pad(known_BxTxV, ahead)[:, 1:] & (next_BxTxV > 1)
  same = jnp.arange(logits.shape[-1]) == next_BxTxV[..., None] // 2
  begins = next_BxTxV[..., None] % 2 == 1
  return ~sounds[..., None] | jnp.where(begins, onsets | ~same, same)
