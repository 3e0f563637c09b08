"""Degrees: pitches of tokens as degrees above the tonic of the key.

Shapes: B rows, T steps, C condition columns, F units, H of what the logits are
predicted from.
"""

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.music.annotations import KEY
from musiczoo.nn.places import PlaceTable

CLASSES = 12  # Pitch classes, and degrees in semitones.
PHRASE = 8  # Bars.


class Degrees(nn.Module):
  """Degrees above the tonic of the condition `key`, for a net and for its head.

  What is learned of one key holds in all. A table has how likely each degree is at
  each place of eight bars of a meter: phrases end on the tonic. Where the key is
  unknown, and of rests, there are no degrees.

  Attributes:
    depth: number of tokens, each 2 * symbol + onset: symbol 0 is a rest.
    features: F.
  """

  depth: int
  features: int
  dtype: jnp.dtype = jnp.float32

  def setup(self):
    self.embedding = nn.Embed(CLASSES, self.features, self.dtype)
    self.output = nn.Dense(2 * CLASSES)
    self.of_place = PlaceTable(PHRASE, 2 * CLASSES)

  def encode(self, token_x, key_x):
    """What the net is given of tokens, -1 where there is none: [..., F].

    Args:
      token_x: int.
      key_x: int, the condition of each, of a shape that broadcasts to that of the tokens.
    """
    # All pitches are counted from that of symbol 1, a constant offset.
    pitch_x = token_x // 2 - 1
    degree_x = (pitch_x - _tonic(key_x)) % CLASSES
    is_some_x = (pitch_x >= 0) & (key_x > 0)
    return self.embedding(degree_x) * is_some_x[..., None]

  def logits(self, h_BxTxH, cond_BxTxC):
    """What is added to the logits of tokens, [B, T, depth]."""
    key_BxT = cond_BxTxC[..., KEY].astype(jnp.int32)
    each = self.output(h_BxTxH) + self.of_place(cond_BxTxC)
    each *= (key_BxT > 0)[..., None]
    of_degree_BxTx12x2 = each.reshape(*key_BxT.shape, CLASSES, 2)
    symbols = self.depth // 2
    pitch_S = jnp.arange(symbols) - 1
    degree_BxTxS = (pitch_S - _tonic(key_BxT)[..., None]) % CLASSES
    is_degree = jax.nn.one_hot(degree_BxTxS, CLASSES) * (pitch_S >= 0)[:, None]
    logits = jnp.einsum('btsd,btdo->btso', is_degree, of_degree_BxTx12x2)
    return logits.reshape(*key_BxT.shape, self.depth)


def _tonic(key):
  """The pitch class of the tonic; see `annotations`."""
  return (key - 1) % CLASSES
