"""OrderlessNet: logits of each cell of voices given the known cells.

Shapes: B rows, T steps, V voices, S symbols of a voice, H hidden units, K of them
for each voice.
"""

from flax import linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.nn.cell_encoder import CellEncoder
from musiczoo.nn.heads.distributions import logits_layer
from musiczoo.nn.heads.intervals import Intervals
from musiczoo.nn.shift import delay

FAR = 32  # Steps of the nearest known cell; farther counts as this.


class OrderlessNet(nn.Module):
  """p(cell | known cells) of every cell at once, independently.

  A cell is (symbol, onset bit), drawn in this order. What known cells determine
  costs no nats: where the next cell is known to hold its note the symbol is that
  note; a rest has no onset, and a symbol that differs from a known one before it
  always has one.

  Attributes:
    encoder: of the known cells; with its `onsets` off there are no bits.
    interval_hidden: units K of a hidden layer of each voice that adds logits by
      the intervals between voices, from the nearest known cells before and to
      those after, see `Intervals`; 0: none.
    conditions: embeds the conditions of each step; None: there are none.
  """

  encoder: CellEncoder
  interval_hidden: int = 0
  conditions: nn.Module | None = None
  dtype: jnp.dtype = jnp.float32

  def setup(self):
    self.depth, self.voices = self.encoder.depth, self.encoder.voices
    if self.conditions is not None:
      self.condition_proj = nn.Dense(self.encoder.hidden, dtype=self.dtype)
    if self.interval_hidden:
      size = self.voices * self.interval_hidden
      self.voice_proj = nn.Dense(size, dtype=self.dtype)
      sizes = self.depth, self.voices, self.interval_hidden, True, self.dtype
      self.before, self.after = Intervals(*sizes), Intervals(*sizes)
      self.distance = nn.Embed(
        2 * self.voices * (FAR + 1), self.interval_hidden, self.dtype
      )
    self.symbols = logits_layer(self.voices * self.depth, self.dtype)
    if self.encoder.onsets:
      self.bits = logits_layer(self.voices * self.depth, self.dtype)

  def __call__(
    self, x_BxTxV, known_BxTxV, real_BxT, cond_BxTxC=None, keys_B=None
  ):
    """Logits of every cell from the known cells of the real steps alone.

    Args:
      keys_B: one PRNG key per row turns dropout on; None: off.

    Returns:
      Logits float32 [B, T, V, S] of the symbols, and of the bits given each of
      them (None without onsets).
    """
    more = 0
    if self.conditions is not None:
      more = self.condition_proj(self.conditions(cond_BxTxC, keys_B))
    h_BxTxH = self.encoder(x_BxTxV, known_BxTxV, real_BxT, keys_B, more)
    shape = *x_BxTxV.shape, self.depth
    logits = self.symbols(h_BxTxH).reshape(shape)
    bits = self.bits(h_BxTxH).reshape(shape) if self.encoder.onsets else None
    if self.interval_hidden:
      known_BxTxV &= real_BxT[..., None]
      s_BxTxV = jnp.where(known_BxTxV, x_BxTxV // 2, 0)
      logits += self._by_intervals(h_BxTxH, s_BxTxV, known_BxTxV)
    return logits, bits

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
