"""Intervals between voices: features and log-linear factors, the same in any key."""

from flax import linen as nn
import jax.numpy as jnp
import numpy as np

from musiczoo.nn.heads import distributions as dist

# Motions and intervals in semitones that are distinguished; those beyond are
# counted as the last.
MAX_MOTION, MAX_GAP = 13, 36
_MOTIONS, _GAPS = 2 * MAX_MOTION + 1, 2 * MAX_GAP + 1
_CLASSES = 13  # Intervals in pitch classes, and a rest.


class Intervals(nn.Module):
  """Logits of a voice's symbols from intervals rather than pitches.

  A head that adds up embeddings of absolute pitches has to learn each rule of
  voice leading anew in every key. Here the hidden layer of voice v, which has
  pitch p_v at the step before, adds embeddings of the intervals from p_v to the
  pitches p of all other voices, and to the pitches q_u that voices u < v have
  now, and of their motions q_u - p_u. The logit of its pitch q is the sum of
  tables at

    motion:      q - p_v, by the hidden layer
    progression: (p_u - p_v, q_u - q, directions of q_u - p_u and q - p_v), such
                 as 'from a fifth to a fifth, both up'; intervals in pitch classes
    interval:    q_u - q
    chord:       the intervals from the first voice to all others up to v, in
                 pitch classes

  A term with a rest in it is 0; in a chord a rest is a class of its own.

  In an orderless model the voices u are all others, symbols that are not known
  are given as rests, those "before" are the nearest known ones of each voice,
  before or after, and there is no term of the chord.

  Shapes: O voices, P pairs of such a voice v and another u, M motions.

  Attributes:
    depth: number of symbols D of a voice; 0 is a rest.
    voices: number of voices V, in the order in which they are decided.
    hidden: units K of the head's hidden layer.
    orderless: whether u are all other voices rather than those before v.
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
    self.before_embedding = nn.Embed(
      self.voices**2 * _GAPS, self.hidden, self.dtype
    )
    zeros = nn.initializers.zeros
    self.progression = self.param('progression', zeros, (pairs * 12 * 3, 3, 12))
    self.interval = self.param('interval', zeros, (pairs, _GAPS))
    if not self.orderless:
      self.chord = [
        self.param(f'chord_{v}', zeros, (_CLASSES ** (v - 1), 12))
        for v in range(1, self.voices)
      ]

  def features(self, own, s_xV, prev_xV):
    """What the hidden layers of voices add: [..., O, K], 0 for a rest.

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
    return sums_OxP @ (motion_xPxK + gap_xPxK) + self._before(own, prev_xV)

  def _before(self, own, prev_xV):
    """Features of the intervals from voices to all others at the step before."""
    own = np.array(own)
    p_xOx1, p_xOxV = prev_xV[..., own, None], prev_xV[..., None, :]
    number = own[:, None] * self.voices + np.arange(self.voices)
    each_xOxVxK = self.before_embedding(number * _GAPS + _gap(p_xOxV - p_xOx1))
    sounds_xOxV = (p_xOx1 > 0) & (p_xOxV > 0)
    return (each_xOxVxK * sounds_xOxV[..., None]).sum(-2)

  def logits(self, own, hidden_xOxK, s_xV, prev_xV):
    """Logits of the symbols of voices, [..., O, D].

    Args:
      own: the O voices.
      hidden_xOxK: their hidden layers.
      s_xV: symbols; of each voice only those of the voices u matter.
      prev_xV: symbols of the step before.
    """
    p_xO = prev_xV[..., np.array(own)]
    motions = [
      self.motion[v](hidden_xOxK[..., i, :]) for i, v in enumerate(own)
    ]
    row_xOxM = jnp.stack(motions, axis=-2)
    motion_xOxD = _motion(np.arange(self.depth) - p_xO[..., None])
    out_xOxD = _take(row_xOxM, motion_xOxD)
    out_xOxD += self._progressions(own, s_xV, prev_xV)
    out_xOxD = jnp.where((p_xO > 0)[..., None], out_xOxD, 0.0)
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

  def _progressions(self, own, s_xV, prev_xV):
    """Logits from two intervals in a row with each voice u, [..., O, D]."""
    v, u, number, sums_OxP = self._pairs(own)
    s_xP, before_xP, p_xP = s_xV[..., u], prev_xV[..., u], prev_xV[..., v]
    index = number * 12 + (before_xP - p_xP) % 12
    index = index * 3 + jnp.sign(s_xP - before_xP) + 1
    # By the direction of v and the pitch class of q - q_u; then of q.
    row_xPx3x12 = jnp.asarray(self.progression)[index]
    row_xPx3x12 *= ((s_xP > 0) & (before_xP > 0))[..., None, None]
    place_xPx1x12 = (np.arange(12) - s_xP[..., None, None]) % 12
    row_xPx3x12 = _take(row_xPx3x12, place_xPx1x12)
    row_xOx3x12 = jnp.einsum('op,...pmc->...omc', sums_OxP, row_xPx3x12)
    octaves = -(-self.depth // 12)
    row_xOx3xD = jnp.concatenate([row_xOx3x12] * octaves, axis=-1)
    down, same, up = jnp.moveaxis(row_xOx3xD[..., : self.depth], -2, 0)
    motion_xOxD = np.arange(self.depth) - prev_xV[..., np.array(own), None]
    rises = jnp.where(motion_xOxD > 0, up, same)
    return jnp.where(motion_xOxD < 0, down, rises)

  def _intervals(self, own, s_xV):
    """Logits from the intervals to each voice u, [..., O, D]."""
    _, u, number, sums_OxP = self._pairs(own)
    symbol = np.arange(self.depth)
    gap_DxD = _gap(symbol[:, None] - symbol)
    table_PDxD = jnp.asarray(self.interval)[:, gap_DxD].reshape(-1, self.depth)
    s_xP = s_xV[..., u]
    row_xPxD = table_PDxD[number * self.depth + s_xP] * (s_xP > 0)[..., None]
    return sums_OxP @ row_xPxD

  def _chord(self, v, s_xV):
    """Logits from the chord of the voices before v, [..., D]."""
    if not v:
      return jnp.zeros((*s_xV.shape[:-1], self.depth))
    index = jnp.zeros_like(s_xV[..., 0])
    for u in range(1, v):
      interval = (s_xV[..., 0] - s_xV[..., u]) % 12
      index = index * _CLASSES + jnp.where(s_xV[..., u] > 0, interval, 12)
    row_x12 = jnp.asarray(self.chord[v - 1])[index]
    first_x1 = s_xV[..., :1]
    place_xD = (np.arange(self.depth) - first_x1) % 12
    return _take(row_x12, place_xD) * (first_x1 > 0)


def _motion(semitones):
  return jnp.clip(semitones, -MAX_MOTION, MAX_MOTION) + MAX_MOTION


def _gap(semitones):
  return jnp.clip(semitones, -MAX_GAP, MAX_GAP) + MAX_GAP


def _take(row, index):
  """row[..., index] for an index of each row."""
  index = jnp.broadcast_to(index, (*row.shape[:-1], index.shape[-1]))
  return jnp.take_along_axis(row, index, axis=-1, mode='promise_in_bounds')
