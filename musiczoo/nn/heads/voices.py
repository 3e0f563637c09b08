"""Head of monophonic voices: a cell per voice, from the highest down."""

from typing import Annotated

from flax import linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.errors import Range
from musiczoo.nn.dropout import locked
from musiczoo.nn.heads import distributions as dist, rules
from musiczoo.nn.heads.controls import Controls
from musiczoo.nn.heads.intervals import Intervals
from musiczoo.nn.keys import noise, split

_MASK = 1 << 17  # Masks of lower numbers are those of the net and conditions.


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
    dropout: rate of dropout of the factors' hidden units, one mask per row.
    intervals: adds features and logits that depend on intervals, not pitches,
      see `Intervals`.
  """

  depth: int
  voices: int
  features: int
  hidden: int
  onsets: bool = True
  intervals: bool = False
  dropout: Annotated[float, Range(0, below=1)] = 0.0
  dtype: jnp.dtype = jnp.float32

  kind = 'voices'
  controls = ('temperature', 'top_k', 'top_p', 'min_p', 'forbid')

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
        self.depth, self.voices, self.hidden, dtype=self.dtype
      )

  def embed(self, x_xV):
    e_xVxF = self.embedding(x_xV)
    return e_xVxF.reshape(*x_xV.shape[:-1], self.voices * self.features)

  def log_prob(self, h_xH, x_xV, prev_xV, keys_B=None):
    s_xV = x_xV.astype(jnp.int32) // 2
    hidden_xFxK = self._hidden(h_xH)
    kept_xFxK = self._kept(keys_B, h_xH.ndim)
    logits_xVxD = self._symbol_logits(
      hidden_xFxK, s_xV, prev_xV, kept_xFxK=kept_xFxK
    )
    pitch_xV = dist.log_categorical(logits_xVxD, s_xV)
    if not self.onsets:
      return {'pitch': pitch_xV.sum(-1)}
    bits_xV = self._onset_logits(hidden_xFxK, s_xV, kept_xFxK)
    free_xV = (s_xV == prev_xV // 2) & (s_xV > 0)
    onset_xV = jnp.where(free_xV, dist.log_bernoulli(bits_xV, x_xV % 2), 0)
    return {'pitch': pitch_xV.sum(-1), 'onset': onset_xV.sum(-1)}

  def logits(self, h_xH, x_xV, prev_xV):
    s_xV = x_xV.astype(jnp.int32) // 2
    hidden_xFxK = self._hidden(h_xH)
    found = {'symbols': self._symbol_logits(hidden_xFxK, s_xV, prev_xV)}
    if self.onsets:
      found['onset'] = self._onset_logits(hidden_xFxK, s_xV)
    return found

  def sample(self, h_BxH, prev_BxV, keys_B, controls: Controls):
    keys_VxB = split(keys_B, self.voices + 1)
    hidden_BxFxK = self._hidden(h_BxH)
    s_BxV = jnp.zeros_like(prev_BxV)
    for v in range(self.voices):
      logits = self._symbol_logits(hidden_BxFxK, s_BxV, prev_BxV, (v,))[:, 0]
      if controls.forbid is not None:
        logits = rules.forbid(logits, controls.forbid, v, s_BxV, prev_BxV // 2)
      s_B = dist.draw(logits, keys_VxB[v], controls)
      if controls.given is not None:
        s_B = jnp.where(controls.known[:, v], controls.given[:, v] // 2, s_B)
      s_BxV = s_BxV.at[:, v].set(s_B)
    onset_BxV = s_BxV != prev_BxV // 2
    if self.onsets:
      bits_BxV = self._onset_logits(hidden_BxFxK, s_BxV)
      u_BxV = noise(jax.random.uniform, keys_VxB[-1], (self.voices,))
      onset_BxV |= dist.draw_bits(bits_BxV, u_BxV, controls) == 1
    return 2 * s_BxV + (onset_BxV & (s_BxV > 0))

  def _hidden(self, h_xH):
    """Hidden layers of the factors before the symbols are added."""
    context = self.context_proj(h_xH)
    return context.reshape(*context.shape[:-1], self.factors, self.hidden)

  def _kept(self, keys_B, ndim):
    """The dropout mask of the hidden layers, [B, 1, ..., F, K], or None."""
    if keys_B is None or not self.dropout:
      return None
    size = self.factors * self.hidden
    mask_BxFK = locked(keys_B, _MASK, self.dropout, size, self.dtype)
    middle = (1,) * (ndim - 2)
    return mask_BxFK.reshape(-1, *middle, self.factors, self.hidden)

  def _symbol_logits(
    self, hidden_xFxK, s_xV, prev_xV, own=None, kept_xFxK=None
  ):
    """Logits of the symbols of voices, each given those above it.

    Args:
      s_xV: symbols; of each voice only those above it matter.
      prev_xV: cells of the step before.
      own: the voices; None: all.
      kept_xFxK: the dropout mask of the hidden layers, or None.

    Returns:
      [..., len(own), depth].
    """
    own = own or tuple(range(self.voices))
    above_xVxK = self._embed_symbols(s_xV)
    layers = [
      hidden_xFxK[..., v, :] + above_xVxK[..., :v, :].sum(-2) for v in own
    ]
    layer_xOxK = jnp.stack(layers, axis=-2)
    prev_xV = prev_xV.astype(jnp.int32) // 2
    if self.intervals:
      layer_xOxK += self.interval_factors.features(own, s_xV, prev_xV)
    layer_xOxK = nn.relu(layer_xOxK)
    if kept_xFxK is not None:
      layer_xOxK *= jnp.take(kept_xFxK, np.array(own), axis=-2)
    each = [self.symbols[v](layer_xOxK[..., i, :]) for i, v in enumerate(own)]
    logits_xOxD = jnp.stack(each, axis=-2)
    if self.intervals:
      logits_xOxD += self.interval_factors.logits(
        own, layer_xOxK, s_xV, prev_xV
      )
    return logits_xOxD

  def _onset_logits(self, hidden_xFxK, s_xV, kept_xFxK=None):
    """Logits of the onset bits, given all symbols: [..., V]."""
    above_xK = self._embed_symbols(s_xV).sum(-2)
    layer_xK = nn.relu(hidden_xFxK[..., -1, :] + above_xK)
    if kept_xFxK is not None:
      layer_xK *= kept_xFxK[..., -1, :]
    return self.bits(layer_xK)

  def _embed_symbols(self, s_xV):
    return self.factor_embedding(s_xV + self.depth * jnp.arange(self.voices))
