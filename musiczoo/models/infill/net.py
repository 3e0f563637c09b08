"""InfillNet: logits of each cell of voices given the known cells.

Shapes: B rows, T steps, V voices, S symbols of a voice, H hidden units, K of them
for each voice.
"""

from flax import linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.nn.conv import Conv
from musiczoo.nn.dropout import locked
from musiczoo.nn.heads.distributions import logits_layer
from musiczoo.nn.heads.intervals import Intervals
from musiczoo.nn.shift import delay

FAR = 32  # Steps of the nearest known cell; farther counts as this.
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
    interval_hidden: units K of a hidden layer of each voice that adds logits by
      the intervals between voices, from the nearest known cells before and to
      those after, see `Intervals`; 0: none.
    dropout: rate of dropout after each block and layer, one mask per row.
    conditions: embeds the conditions of each step; None: there are none.
    onsets: False leaves the bits out, for data that does not have them.
    remat: recompute each block in the backward pass, to save memory.
  """

  depth: int
  voices: int
  hidden: int
  layers: int
  interval_hidden: int = 0
  dropout: float = 0.0
  conditions: nn.Module | None = None
  onsets: bool = True
  dtype: jnp.dtype = jnp.float32
  remat: bool = False

  def setup(self):
    # One table for all voices: their symbols, then the mask, then an onset.
    self.embedding = nn.Embed(
      self.voices * (self.depth + 2), self.hidden, self.dtype
    )
    if self.conditions is not None:
      self.condition_proj = nn.Dense(self.hidden, dtype=self.dtype)
    block = nn.remat(Block) if self.remat else Block
    self.blocks = [
      block(self.hidden, 2 ** (i % CYCLE), self.dtype)
      for i in range(self.layers)
    ]
    self.norm = nn.LayerNorm(dtype=self.dtype)
    if self.interval_hidden:
      size = self.voices * self.interval_hidden
      self.voice_proj = nn.Dense(size, dtype=self.dtype)
      sizes = self.depth, self.voices, self.interval_hidden, True, self.dtype
      self.before, self.after = Intervals(*sizes), Intervals(*sizes)
      self.distance = nn.Embed(
        2 * self.voices * (FAR + 1), self.interval_hidden, self.dtype
      )
    self.symbols = logits_layer(self.voices * self.depth, self.dtype)
    if self.onsets:
      self.bits = logits_layer(self.voices * self.depth, self.dtype)

  def __call__(
    self, x_BxTxV, known_BxTxV, real_BxT, cond_BxTxC=None, keys_B=None
  ):
    """Encodes the known cells of the real steps, and nothing else.

    Args:
      keys_B: one PRNG key per row turns dropout on; None: off.

    Returns:
      Logits float32 [B, T, V, S] of the symbols, and of the bits given each of
      them (None without onsets).
    """
    h_BxTxH = self._embed(x_BxTxV, known_BxTxV)
    if self.conditions is not None:
      h_BxTxH += self.condition_proj(self.conditions(cond_BxTxC, keys_B))
    for i, block in enumerate(self.blocks):
      h_BxTxH += self._drop(block(h_BxTxH, real_BxT), keys_B, i)
    h_BxTxH = nn.relu(self.norm(h_BxTxH))
    h_BxTxH = self._drop(h_BxTxH, keys_B, self.layers)
    shape = *x_BxTxV.shape, self.depth
    logits = self.symbols(h_BxTxH).reshape(shape)
    bits = self.bits(h_BxTxH).reshape(shape) if self.onsets else None
    if self.interval_hidden:
      known_BxTxV &= real_BxT[..., None]
      s_BxTxV = jnp.where(known_BxTxV, x_BxTxV // 2, 0)
      logits += self._by_intervals(h_BxTxH, s_BxTxV, known_BxTxV)
    return logits, bits

  def _embed(self, x_BxTxV, known_BxTxV):
    first_V = jnp.arange(self.voices) * (self.depth + 2)
    symbol_BxTxV = jnp.where(known_BxTxV, x_BxTxV // 2, self.depth)
    h_BxTxH = self.embedding(first_V + symbol_BxTxV).sum(-2)
    if self.onsets:
      onset_BxTxV = (known_BxTxV & (x_BxTxV % 2 == 1)).astype(self.dtype)
      h_BxTxH += onset_BxTxV @ self.embedding(first_V + self.depth + 1)
    return h_BxTxH

  def _by_intervals(self, h_BxTxH, s_BxTxV, known_BxTxV):
    """Logits from the net's output and known symbols, as 0 where unknown.

    Each cell has intervals from the nearest known cells of its voices before and
    after it. Those beside it may be unknown: without the nearest ones the net has
    to learn from few known cells what all keys share.
    """
    own = tuple(range(self.voices))
    layer_BxTxVK = self.voice_proj(h_BxTxH)
    layer_BxTxVxK = layer_BxTxVK.reshape(*s_BxTxV.shape, self.interval_hidden)
    sides = []
    for side, intervals in enumerate((self.before, self.after)):
      flip = np.s_[:, :: 1 - 2 * side]
      found = nearest(s_BxTxV[flip], known_BxTxV[flip])
      beside_BxTxV, steps_BxTxV = (a[flip] for a in found)
      place_V = (FAR + 1) * (side * self.voices + np.arange(self.voices))
      layer_BxTxVxK += self.distance(place_V + steps_BxTxV)
      layer_BxTxVxK += intervals.features(own, s_BxTxV, beside_BxTxV)
      sides.append((intervals, beside_BxTxV))
    layer_BxTxVxK = nn.relu(layer_BxTxVxK)
    return sum(
      intervals.logits(own, layer_BxTxVxK, s_BxTxV, beside_BxTxV)
      for intervals, beside_BxTxV in sides
    )

  def _drop(self, h_BxTxH, keys_B, i):
    if keys_B is None or not self.dropout:
      return h_BxTxH
    size = h_BxTxH.shape[-1]
    kept_Bx1xH = locked(keys_B, i, self.dropout, size, self.dtype)
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


def nearest(s_BxTxV, known_BxTxV):
  """The nearest known symbol before each cell, 0 if there is none.

  Returns:
    (symbols [B, T, V], how many steps before [B, T, V], at most `FAR`).
  """
  step_Tx1 = jnp.arange(s_BxTxV.shape[1])[:, None]
  last_BxTxV = jax.lax.cummax(jnp.where(known_BxTxV, step_Tx1, -1), axis=1)
  last_BxTxV = delay(last_BxTxV + 1) - 1
  found_BxTxV = jnp.take_along_axis(s_BxTxV, jnp.maximum(last_BxTxV, 0), axis=1)
  found_BxTxV = jnp.where(last_BxTxV >= 0, found_BxTxV, 0)
  steps_BxTxV = jnp.where(last_BxTxV >= 0, step_Tx1 - last_BxTxV, FAR)
  return found_BxTxV, jnp.minimum(steps_BxTxV, FAR)


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
