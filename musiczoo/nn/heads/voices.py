"""Head of monophonic voices: a cell per voice, from the highest down."""

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.nn.heads import distributions as dist
from musiczoo.nn.heads.controls import Controls
from musiczoo.nn.heads.intervals import Intervals
from musiczoo.nn.keys import noise, split


class Voices(nn.Module):
  """Autoregressive voices, each given h and the voices above it.

  A cell of x [..., V] is `2 * symbol + is_onset`. Symbol 0 is a rest, k is the
  k-th pitch of the range. The bit b is free only where a voice stays on its
  pitch: a rest has no onset, a new pitch always has one, and this adds nothing
  to the loss whatever the bit of x (a crop may begin within a note). With
  symbols s and bits b

    p(x | h, prev) = prod_v p(s_v | h, s_<v) prod_{v free} p(b_v | h, s)

  where each factor has one hidden layer, with an embedding of each symbol above
  it as in NADE (Larochelle & Murray 2011).

  Attributes:
    depth: number of symbols; cells are below 2 * depth.
    voices: V, the highest first.
    features: per voice, of the net's input.
    hidden: units K of each factor.
    onsets: False omits the bits, for data without them: a note then begins
      where, and only where, the pitch changes.
    intervals: adds features and logits that depend on intervals, not pitches,
      see `Intervals`.
  """

  depth: int
  voices: int
  features: int
  hidden: int
  onsets: bool = True
  intervals: bool = False
  dtype: jnp.dtype = jnp.float32

  kind = 'voices'
  controls = ('temperature', 'top_k', 'top_p', 'min_p')

  def setup(self):
    self.embedding = nn.Embed(2 * self.depth, self.features, self.dtype)
    # Hidden layers of the factors: projections of h and embeddings of the
    # symbols. The last is that of the bits.
    self.factors = self.voices + self.onsets
    self.context_proj = nn.Dense(self.factors * self.hidden, dtype=self.dtype)
    self.factor_embedding = nn.Embed(
      self.voices * self.depth, self.hidden, self.dtype
    )
    self.symbols = [
      dist.logits_layer(self.depth, self.dtype) for _ in range(self.voices)
    ]
    if self.onsets:
      self.bits = dist.logits_layer(self.voices, self.dtype)
    if self.intervals:
      self.interval_factors = Intervals(
        self.depth, self.voices, self.hidden, self.dtype
      )

  def embed(self, x_xV):
    e_xVxF = self.embedding(x_xV)
    return e_xVxF.reshape(*x_xV.shape[:-1], self.voices * self.features)

  def log_prob(self, h_xH, x_xV, prev_xV):
    s_xV = x_xV // 2
    _, logits, bits_xV = self._decode(h_xH, prev_xV, lambda v, _: s_xV[..., v])
    pitch = sum(
      dist.log_categorical(l, s_xV[..., v]) for v, l in enumerate(logits)
    )
    if not self.onsets:
      return {'pitch': pitch}
    free_xV = (s_xV == prev_xV // 2) & (s_xV > 0)
    onset_xV = jnp.where(free_xV, dist.log_bernoulli(bits_xV, x_xV % 2), 0)
    return {'pitch': pitch, 'onset': onset_xV.sum(-1)}

  def logits(self, h_xH, x_xV, prev_xV):
    _, logits, bits_xV = self._decode(
      h_xH, prev_xV, lambda v, _: x_xV[..., v] // 2
    )
    bits = {'onset': bits_xV} if self.onsets else {}
    return {'symbols': jnp.stack(logits, axis=-2)} | bits

  def sample(self, h_BxH, prev_BxV, keys_B, controls: Controls):
    keys_VxB = split(keys_B, self.voices + 1)
    s_V, _, bits_BxV = self._decode(
      h_BxH,
      prev_BxV,
      lambda v, logits: dist.draw(logits, keys_VxB[v], controls),
    )
    s_BxV = jnp.stack(s_V, axis=-1)
    onset_BxV = s_BxV != prev_BxV // 2
    if self.onsets:
      u_BxV = noise(jax.random.uniform, keys_VxB[-1], (self.voices,))
      onset_BxV |= dist.draw_bits(bits_BxV, u_BxV, controls) == 1
    return 2 * s_BxV + (onset_BxV & (s_BxV > 0))

  def _decode(self, h_xH, prev_xV, choose):
    """Decodes the voices from the top down.

    Args:
      h_xH: output of the net.
      prev_xV: cells of the step before.
      choose: (voice, logits) -> symbol of that voice.

    Returns:
      (symbols of all voices, their logits, logits [..., V] of the bits or None).
    """
    hidden = jnp.split(self.context_proj(h_xH), self.factors, axis=-1)
    prev_xV = prev_xV.astype(jnp.int32) // 2
    above, symbols, logits = 0, [], []
    for v in range(self.voices):
      layer = hidden[v] + above
      if self.intervals:
        layer += self.interval_factors.features(v, symbols, prev_xV)
      layer = nn.relu(layer)
      logits.append(self.symbols[v](layer))
      if self.intervals:
        logits[-1] += self.interval_factors.logits(v, layer, symbols, prev_xV)
      symbols.append(choose(v, logits[-1]).astype(jnp.int32))
      above += self.factor_embedding(v * self.depth + symbols[-1])
    bits_xV = self.bits(nn.relu(hidden[-1] + above)) if self.onsets else None
    return symbols, logits, bits_xV
