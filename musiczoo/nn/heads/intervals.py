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

  In an orderless model the voices u are all others, symbols that are not known
  are given as rests, the step "before" may be the one after, and there is no
  term of the chord.

  Rows of tables are looked up and then moved to their place among the symbols:
  to look up each symbol would make a gradient of as many scattered numbers.

  Shapes: O voices, P pairs of such a voice v and another u, M motions.

  Attributes:
    depth: number of symbols D of a voice; 0 is a rest.
    voices: number of voices V, the highest first.
    hidden: units K of the head's hidden layer.
    orderless: whether u are all other voices rather than those above.
  """

  depth: int
  voices: int
  hidden: int
  orderless: bool = False
  dtype: jnp.dtype = jnp.float32

  def setup(self):
    pairs = max(len(self._pairs(range(self.voices))[0]), 1)
    self.motion = [
      dist.logits_layer(_MOTIONS, self.dtype) for _ in range(self.voices)
    ]
    self.motion_embedding = nn.Embed(pairs * _MOTIONS, self.hidden, self.dtype)
    self.gap_embedding = nn.Embed(pairs * _GAPS, self.hidden, self.dtype)
    zeros = nn.initializers.zeros
    shape = pairs * _GAPS * _MOTIONS, _MOTIONS
    self.two_voices = self.param('two_voices', zeros, shape)
    self.interval = self.param('interval', zeros, (pairs, _GAPS))
    if not self.orderless:
      self.chord = [
        self.param(f'chord_{v}', zeros, (_CLASSES ** (v - 1), 12))
        for v in range(1, self.voices)
      ]

  def features(self, own, s_xV, prev_xV):
    """What the hidden layers of voices add: [..., O, K], 0 where no u is.

    Args:
      own: the O voices.
      s_xV: symbols; of each voice only those of the voices u matter.
      prev_xV: symbols of the step before.
    """
    v, u, number, sums_OxP = self._pairs(own)
    s_xP, before_xP, p_xP = s_xV[..., u], prev_xV[..., u], prev_xV[..., v]
    motion_xPxK = self.motion_embedding(
      number * _MOTIONS + _motion(s_xP - before_xP)
    )
    gap_xPxK = self.gap_embedding(number * _GAPS + _gap(s_xP - p_xP))
    motion_xPxK *= ((s_xP > 0) & (before_xP > 0))[..., None]
    gap_xPxK *= ((s_xP > 0) & (p_xP > 0))[..., None]
    return sums_OxP @ (motion_xPxK + gap_xPxK)

  def logits(self, own, hidden_xOxK, s_xV, prev_xV):
    """Logits of the symbols of voices, [..., O, D].

    Args:
      own: the O voices.
      hidden_xOxK: their hidden layers.
      s_xV: symbols; of each voice only those of the voices u matter.
      prev_xV: symbols of the step before.
    """
    p_xO = prev_xV[..., np.array(own)]
    row_xOxM = self._motions(own, hidden_xOxK, s_xV, prev_xV)
    out_xOxD = (
      _place_motions(row_xOxM, p_xO, self.depth) * (p_xO > 0)[..., None]
    )
    out_xOxD += self._intervals(own, s_xV)
    if not self.orderless:
      out_xOxD += jnp.stack([self._chord(v, s_xV) for v in own], axis=-2)
    return jnp.where(np.arange(self.depth) > 0, out_xOxD, 0.0)

  def _pairs(self, own):
    """Pairs of each of the voices `own` with each voice u.

    Returns:
      (v of the pairs [P], u [P], their numbers [P], the matrix [O, P] that sums
      what each v has).
    """
    every = [
      (v, u)
      for v in range(self.voices)
      for u in range(self.voices if self.orderless else v)
      if u != v
    ]
    pairs = [
      (i, number, *pair)
      for i, v in enumerate(own)
      for number, pair in enumerate(every)
      if pair[0] == v
    ]
    i, number, v, u = np.array(pairs, int).reshape(-1, 4).T
    sums_OxP = np.arange(len(own))[:, None] == i
    return v, u, number, sums_OxP.astype(np.float32)

  def _motions(self, own, hidden_xOxK, s_xV, prev_xV):
    """Logits of the motions of voices, [..., O, M]."""
    v, u, number, sums_OxP = self._pairs(own)
    s_xP, before_xP, p_xP = s_xV[..., u], prev_xV[..., u], prev_xV[..., v]
    index = number * _GAPS + _gap(before_xP - p_xP)
    index = index * _MOTIONS + _motion(s_xP - before_xP)
    row_xPxM = jnp.asarray(self.two_voices)[index]
    row_xPxM *= ((s_xP > 0) & (before_xP > 0))[..., None]
    by_hidden = [
      self.motion[v](hidden_xOxK[..., i, :]) for i, v in enumerate(own)
    ]
    return sums_OxP @ row_xPxM + jnp.stack(by_hidden, axis=-2)

  def _intervals(self, own, s_xV):
    """Logits from the intervals to each voice u, [..., O, D]."""
    _, u, number, sums_OxP = self._pairs(own)
    symbol = np.arange(self.depth)
    gap_DxD = np.clip(symbol[:, None] - symbol, MIN_GAP, MAX_GAP) - MIN_GAP
    table_PDxD = jnp.asarray(self.interval)[:, gap_DxD].reshape(-1, self.depth)
    s_xP = s_xV[..., u]
    row_xPxD = table_PDxD[number * self.depth + s_xP] * (s_xP > 0)[..., None]
    return sums_OxP @ row_xPxD

  def _chord(self, v, s_xV):
    """Logits from the chord of the voices above v, [..., D]."""
    if not v:
      return jnp.zeros((*s_xV.shape[:-1], self.depth))
    index = jnp.zeros_like(s_xV[..., 0])
    for u in range(1, v):
      interval = (s_xV[..., 0] - s_xV[..., u]) % 12
      index = index * _CLASSES + jnp.where(s_xV[..., u] > 0, interval, 12)
    row_x12 = jnp.asarray(self.chord[v - 1])[index]
    top = s_xV[..., 0]
    octaves = -(-(self.depth + 11) // 12)
    repeated = jnp.concatenate([row_x12] * octaves, axis=-1)
    return _slice(repeated, -top % 12, 12, self.depth) * (top > 0)[..., None]


def _motion(semitones):
  return jnp.clip(semitones, -MAX_MOTION, MAX_MOTION) + MAX_MOTION


def _gap(semitones):
  return jnp.clip(semitones, MIN_GAP, MAX_GAP) - MIN_GAP


def _place_motions(row_xM, p, depth):
  """Values of the pitches [..., depth] from those of the motions from p."""
  most = max(depth - 1, MAX_MOTION)
  shape = *row_xM.shape[:-1], most - MAX_MOTION
  first, last = row_xM[..., :1], row_xM[..., -1:]
  ends = [jnp.broadcast_to(end, shape) for end in (first, last)]
  # Motions from -most to most.
  row = jnp.concatenate([ends[0], row_xM, ends[1]], axis=-1)
  return _slice(row, most - p, most + 1, depth)


def _slice(row, start, starts, length):
  """row[..., start:start + length], start [...] below `starts`.

  By halves, as elementwise choices: a gather has a scatter as its gradient.
  """
  for bit in reversed(range((starts - 1).bit_length())):
    rest = length + 2**bit - 1
    more = 2**bit + rest - row.shape[-1]
    moved = jnp.pad(row, [(0, 0)] * (row.ndim - 1) + [(0, max(more, 0))])
    moved = moved[..., 2**bit : 2**bit + rest]
    bits = (start // 2**bit % 2)[..., None]
    row = jnp.where(bits == 1, moved, row[..., :rest])
  return row[..., :length]
