"""Intervals between voices: features and log-linear factors, the same in any key."""

from flax import linen as nn
import jax.numpy as jnp
import numpy as np

from musiczoo.nn.heads import distributions as dist

# Motions and intervals in semitones that are distinguished; those beyond are
# counted as the last.
MAX_MOTION, MIN_GAP, MAX_GAP = 13, -12, 36
_MOTIONS, _GAPS = 2 * MAX_MOTION + 1, MAX_GAP - MIN_GAP + 1
_CLASSES = 13  # Intervals in pitch classes, and a rest.


class Intervals(nn.Module):
  """Logits of a voice's symbols from intervals rather than pitches.

  A head that adds up embeddings of absolute pitches has to learn each rule of
  voice leading anew in every key. Here the logit of pitch q in voice v, where
  the step before has pitches p and the voices u < v above it have q_u, is the
  sum of tables at

    motion:     q - p_v, by the hidden layer
    two voices: (p_u - p_v, q_u - p_u, q - p_v), such as 'a fifth, both up'
    interval:   q_u - q
    chord:      the intervals from the highest voice to all others down to v, in
                pitch classes

  A term with a rest in it is 0; in a chord a rest is a class of its own.

  Attributes:
    depth: number of symbols of a voice; 0 is a rest.
    voices: number of voices V, the highest first.
    hidden: units K of the head's hidden layer.
  """

  depth: int
  voices: int
  hidden: int
  dtype: jnp.dtype = jnp.float32

  def setup(self):
    pairs = self.voices * self.voices
    self.motion = [
      dist.logits_layer(_MOTIONS, self.dtype) for _ in range(self.voices)
    ]
    self.motion_embedding = nn.Embed(pairs * _MOTIONS, self.hidden, self.dtype)
    self.gap_embedding = nn.Embed(pairs * _GAPS, self.hidden, self.dtype)
    zeros = nn.initializers.zeros
    shape = pairs * _GAPS * _MOTIONS, _MOTIONS
    self.two_voices = self.param('two_voices', zeros, shape)
    self.interval = self.param('interval', zeros, (pairs * _GAPS,))
    self.chord = [
      self.param(f'chord_{v}', zeros, (_CLASSES ** (v - 1), 12))
      for v in range(1, self.voices)
    ]

  def features(self, own, s_xV, prev_xV):
    """What the hidden layers of voices add: [..., O, K], 0 for the highest.

    Args:
      own: the O voices.
      s_xV: symbols; of each voice only those above it matter.
      prev_xV: symbols of the step before.
    """
    pair, above_OxV, p_xOx1 = self._pairs(own, prev_xV)
    s_x1xV, prev_x1xV = s_xV[..., None, :], prev_xV[..., None, :]
    motion = self.motion_embedding(
      pair * _MOTIONS + _motion(s_x1xV - prev_x1xV)
    )
    gap = self.gap_embedding(pair * _GAPS + _gap(s_x1xV - p_xOx1))
    moved = above_OxV & (s_x1xV > 0) & (prev_x1xV > 0)
    near = above_OxV & (s_x1xV > 0) & (p_xOx1 > 0)
    return (motion * moved[..., None] + gap * near[..., None]).sum(-2)

  def logits(self, own, hidden_xOxK, s_xV, prev_xV):
    """Logits of the symbols of voices, [..., O, depth].

    Args:
      own: the O voices.
      hidden_xOxK: their hidden layers.
      s_xV: symbols; of each voice only those above it matter.
      prev_xV: symbols of the step before.
    """
    pair, above_OxV, p_xOx1 = self._pairs(own, prev_xV)
    s_x1xV, prev_x1xV = s_xV[..., None, :], prev_xV[..., None, :]
    symbol = jnp.arange(self.depth)
    index = pair * _GAPS + _gap(prev_x1xV - p_xOx1)
    index = index * _MOTIONS + _motion(s_x1xV - prev_x1xV)
    real = above_OxV & (s_x1xV > 0) & (prev_x1xV > 0)
    row = (jnp.asarray(self.two_voices)[index] * real[..., None]).sum(-2)
    row += jnp.stack(
      [self.motion[v](hidden_xOxK[..., i, :]) for i, v in enumerate(own)], -2
    )
    out = _spread(row, _motion(symbol - p_xOx1)) * (p_xOx1 > 0)
    index = pair[..., None] * _GAPS + _gap(s_x1xV[..., None] - symbol)
    real = above_OxV & (s_x1xV > 0)
    out += (jnp.asarray(self.interval)[index] * real[..., None]).sum(-2)
    out += jnp.stack([self._chord(v, s_xV, symbol) for v in own], axis=-2)
    return jnp.where(symbol > 0, out, 0.0)

  def _pairs(self, own, prev_xV):
    """The pair's number [O, V], whether V is above O, own symbols before."""
    own = np.array(own)
    other = np.arange(self.voices)
    pair = own[:, None] * self.voices + other
    return pair, other < own[:, None], prev_xV[..., own, None]

  def _chord(self, v, s_xV, symbol):
    if not v:
      return jnp.zeros((*s_xV.shape[:-1], self.depth))
    index = jnp.zeros_like(s_xV[..., 0])
    for u in range(1, v):
      interval = (s_xV[..., 0] - s_xV[..., u]) % 12
      index = index * _CLASSES + jnp.where(s_xV[..., u] > 0, interval, 12)
    row = jnp.asarray(self.chord[v - 1])[index]
    top_x1 = s_xV[..., :1]
    return _spread(row, (top_x1 - symbol) % 12) * (top_x1 > 0)


def _motion(semitones):
  return jnp.clip(semitones, -MAX_MOTION, MAX_MOTION) + MAX_MOTION


def _gap(semitones):
  return jnp.clip(semitones, MIN_GAP, MAX_GAP) - MIN_GAP


def _spread(row, index):
  """row [..., R] at index [..., depth]."""
  return jnp.take_along_axis(row, index, axis=-1)
