"""Intervals between voices: features and log-linear factors, the same in any key."""

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.nn.heads import distributions as dist

# Motions and intervals in semitones that are distinguished; those beyond are
# counted as the last.
MAX_MOTION, MIN_GAP, MAX_GAP = 13, -12, 36
_MOTIONS, _GAPS = 2 * MAX_MOTION + 1, MAX_GAP - MIN_GAP + 1


class Intervals(nn.Module):
  """Logits of a voice's symbols from intervals rather than pitches.

  A head that adds up embeddings of absolute pitches has to learn each rule of
  voice leading anew in every key. Here the logit of pitch q in voice v, where
  the step before has pitches p and the voices u above have chosen q_u, is the
  sum over u < w < v of tables at

    motion:     q - p_v, with weights that depend on the hidden layer
    two voices: (p_u - p_v, q_u - p_u, q - p_v), such as 'a fifth, both up'
    interval:   q_u - q
    chord:      (q_u - q_w, q_u - q) in pitch classes, and of four voices all
                three intervals

  A term with a rest in it is 0.

  Attributes:
    depth: number of symbols of a voice; 0 is a rest.
    voices: number of voices, the highest first.
    hidden: units of the head's hidden layer.
  """

  depth: int
  voices: int
  hidden: int
  dtype: jnp.dtype = jnp.float32

  def setup(self):
    below = range(1, self.voices)
    self.motion = [
      dist.logits_layer(_MOTIONS, self.dtype) for _ in range(self.voices)
    ]
    self.above_motion = [self._embed(v * _MOTIONS) for v in below]
    self.above_gap = [self._embed(v * _GAPS) for v in below]
    self.two_voices = [
      self._table('two_voices', v, v, _GAPS * _MOTIONS, _MOTIONS) for v in below
    ]
    self.interval = [self._table('interval', v, v, _GAPS) for v in below]
    self.chord = [
      self._table('chord', v, v, v, 12, 12) for v in range(2, self.voices)
    ]
    if self.voices == 4:
      self.four_voices = self._table('four_voices', 3, 12 * 12, 12)

  def features(self, v, above, prev_xV):
    """What voice v's hidden layer adds, [..., hidden]; 0 for the highest voice.

    Args:
      v: the voice.
      above: symbols [...] of the voices above it.
      prev_xV: symbols of the step before.
    """
    if not v:
      return 0.0
    index = jnp.arange(v)
    above_xU, prev_xU = jnp.stack(above, axis=-1), prev_xV[..., :v]
    motion_xU = _motion(above_xU - prev_xU) + _MOTIONS * index
    gap_xU = _gap(above_xU - prev_xV[..., v, None]) + _GAPS * index
    moved_xU = (above_xU > 0) & (prev_xU > 0)
    gapped_xU = (above_xU > 0) & (prev_xV[..., v, None] > 0)
    motion = self.above_motion[v - 1](motion_xU) * moved_xU[..., None]
    gap = self.above_gap[v - 1](gap_xU) * gapped_xU[..., None]
    return (motion + gap).sum(-2)

  def logits(self, v, hidden_xK, above, prev_xV):
    """Logits of voice v's symbols, [..., depth].

    Args:
      v: the voice.
      hidden_xK: its hidden layer.
      above: symbols [...] of the voices above it.
      prev_xV: symbols of the step before.
    """
    symbol = jnp.arange(self.depth)
    own_x1 = prev_xV[..., v, None]
    row = self.motion[v](hidden_xK)
    for u, s_x in enumerate(above):
      prev_x = prev_xV[..., u]
      gap = _gap(prev_x - own_x1[..., 0])
      index = gap * _MOTIONS + _motion(s_x - prev_x)
      real = (s_x > 0) & (prev_x > 0)
      row += self.two_voices[v - 1][u][index] * real[..., None]
    out = _spread(row, _motion(symbol - own_x1)) * (own_x1 > 0)
    for u, s_x in enumerate(above):
      table = self.interval[v - 1][u]
      out += table[_gap(s_x[..., None] - symbol)] * (s_x > 0)[..., None]
    if v >= 2:
      out += self._chords(v, above, symbol)
    return jnp.where(symbol > 0, out, 0.0)

  def _chords(self, v, above, symbol):
    out = 0.0
    top_x1 = above[0][..., None]
    for u in range(v):
      for w in range(u + 1, v):
        row = self.chord[v - 2][u, w][(above[u] - above[w]) % 12]
        part = _spread(row, (above[u][..., None] - symbol) % 12)
        out += part * ((above[u] > 0) & (above[w] > 0))[..., None]
    if v == 3 and self.voices == 4:
      second, third = ((above[0] - above[u]) % 12 for u in (1, 2))
      part = _spread(
        self.four_voices[second * 12 + third], (top_x1 - symbol) % 12
      )
      real = (above[0] > 0) & (above[1] > 0) & (above[2] > 0)
      out += part * real[..., None]
    return out

  def _embed(self, num):
    return nn.Embed(num, self.hidden, self.dtype)

  def _table(self, name, v, *shape):
    return self.param(f'{name}_{v}', nn.initializers.zeros, shape)


def _motion(semitones):
  return jnp.clip(semitones, -MAX_MOTION, MAX_MOTION) + MAX_MOTION


def _gap(semitones):
  return jnp.clip(semitones, MIN_GAP, MAX_GAP) - MIN_GAP


def _spread(row, index):
  """row [..., R] at index [..., depth]."""
  shape = (*index.shape[:-1], row.shape[-1])
  return jnp.take_along_axis(jnp.broadcast_to(row, shape), index, axis=-1)
