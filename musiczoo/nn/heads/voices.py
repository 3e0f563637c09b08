"""Head of monophonic voices: a cell per voice, the outer voices first."""

from typing import Annotated

from flax import linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.errors import Range, Share, Units
from musiczoo.nn.dropout import locked
from musiczoo.nn.heads import distributions as dist, rules
from musiczoo.nn.heads.controls import Controls
from musiczoo.nn.heads.intervals import Intervals
from musiczoo.nn.keys import noise, split

_MASK = 1 << 17  # Masks of lower numbers are those of the net and conditions.
# What the onset bit of a voice is given of another voice. The bit of one that stays
# on its pitch is open until it is decided.
_REST, _MOVED, _OPEN, _HELD, _REPEATED = range(5)
_STATES = 5


class Voices(nn.Module):
  """Autoregressive voices, each given h and the voices decided before it.

  The highest voice is decided first, then the lowest, which gives the harmony, then
  the inner ones from above. A cell of x [..., V] is `2 * symbol + is_onset`. Symbol
  0 is a rest, k is the k-th pitch of the range. The bit b is free only where a voice
  stays on its pitch: a rest has no onset, a new pitch always has one, and this adds
  nothing to the loss whatever the bit of x (a crop may begin within a note). With
  symbols s and bits b, and voices v in the order of decisions,

    p(x | h, prev) = prod_v p(s_v | h, s_<v) prod_{v free} p(b_v | h, s, b_<v)

  where each factor has one hidden layer, with an embedding of each symbol before it
  as in NADE (Larochelle & Murray 2011).

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
  voices: Annotated[int, Range(1, 64)]
  features: Units
  hidden: Units
  onsets: bool = True
  intervals: bool = False
  dropout: Share = 0.0
  dtype: jnp.dtype = jnp.float32

  kind = 'voices'
  controls = ('temperature', 'top_k', 'top_p', 'min_p', 'forbid')

  def setup(self):
    self.embedding = nn.Embed(2 * self.depth, self.features, self.dtype)
    # Hidden layers of the factors: projections of h and embeddings of the
    # symbols. The last is that of all bits.
    self.factors = self.voices + self.onsets
    self.context_proj = nn.Dense(self.factors * self.hidden, dtype=self.dtype)
    self.factor_embedding = nn.Embed(
      self.voices * self.depth, self.hidden, self.dtype
    )
    self.symbols = [
      dist.logits_layer(self.depth, self.dtype) for _ in range(self.voices)
    ]
    if self.onsets:
      self.state_embedding = nn.Embed(
        _STATES * self.voices, self.hidden, self.dtype
      )
      self.bits = dist.logits_layer(self.voices, self.dtype)
    if self.intervals:
      self.interval_factors = Intervals(
        self.depth, self.voices, self.hidden, dtype=self.dtype
      )

  def embed(self, x_xV):
    e_xVxF = self.embedding(x_xV)
    return e_xVxF.reshape(*x_xV.shape[:-1], self.voices * self.features)

  def log_prob(self, h_xH, x_xV, prev_xV, keys_B=None, counted_xV=None):
    """As of all heads; of the cells that count, bool as x, or of all."""
    x_xV, prev_xV = self._ordered(x_xV), self._ordered(prev_xV)
    s_xV = x_xV // 2
    hidden_xFxK = self._hidden(h_xH)
    kept_xFxK = self._kept(keys_B, h_xH.ndim)
    logits_xVxD = self._symbol_logits(
      hidden_xFxK, s_xV, prev_xV, kept_xFxK=kept_xFxK
    )
    pitch_xV = dist.log_categorical(logits_xVxD, s_xV)
    if counted_xV is not None:
      counted_xV = self._ordered(counted_xV)
      pitch_xV *= counted_xV
    if not self.onsets:
      return {'pitch': pitch_xV.sum(-1)}
    bits_xV = self._onset_logits(
      hidden_xFxK, x_xV, prev_xV, kept_xFxK=kept_xFxK
    )
    free_xV = _stays(x_xV, prev_xV)
    if counted_xV is not None:
      free_xV &= counted_xV > 0
    onset_xV = jnp.where(free_xV, dist.log_bernoulli(bits_xV, x_xV % 2), 0)
    return {'pitch': pitch_xV.sum(-1), 'onset': onset_xV.sum(-1)}

  def logits(self, h_xH, x_xV, prev_xV):
    x_xV, prev_xV = self._ordered(x_xV), self._ordered(prev_xV)
    hidden_xFxK, places = self._hidden(h_xH), np.argsort(self._order())
    logits_xVxD = self._symbol_logits(hidden_xFxK, x_xV // 2, prev_xV)
    found = {'symbols': logits_xVxD[..., places, :]}
    if self.onsets:
      bits_xV = self._onset_logits(hidden_xFxK, x_xV, prev_xV)
      found['onset'] = bits_xV[..., places]
    return found

  def sample(self, h_BxH, prev_BxV, keys_B, controls: Controls):
    keys_VxB, order = split(keys_B, self.voices + 1), self._order()
    hidden_BxFxK = self._hidden(h_BxH)
    by_voice_BxV, prev_BxV = prev_BxV // 2, self._ordered(prev_BxV)
    s_BxV = jnp.zeros_like(prev_BxV)
    for i, v in enumerate(order):
      logits = self._symbol_logits(hidden_BxFxK, s_BxV, prev_BxV, (i,))[:, 0]
      if controls.forbid is not None:
        others = dict(zip(order[:i], s_BxV.T))
        logits = rules.forbid(logits, controls.forbid, v, others, by_voice_BxV)
      if controls.allowed is not None:
        logits = _allow(logits, controls.allowed[:, v])
      s_B = dist.draw(logits, keys_VxB[i], controls)
      s_B = _where_known(controls, v, lambda cell_B: cell_B // 2, s_B)
      s_BxV = s_BxV.at[:, i].set(s_B)
    x_BxV = 2 * s_BxV + ((s_BxV != prev_BxV // 2) & (s_BxV > 0))
    if self.onsets:
      x_BxV = self._with_bits(
        hidden_BxFxK, x_BxV, prev_BxV, keys_VxB[-1], controls
      )
    return x_BxV[:, np.argsort(order)]

  def _with_bits(self, hidden_BxFxK, x_BxV, prev_BxV, keys_B, controls):
    """Cells with the onset bits of voices that stay on their pitch drawn."""
    u_BxV = noise(jax.random.uniform, keys_B, (self.voices,))
    stays_BxV = _stays(x_BxV, prev_BxV)
    for i, v in enumerate(self._order()):
      now = hidden_BxFxK, x_BxV, prev_BxV, (i,)
      logits_Bx1 = self._onset_logits(*now)
      bit_B = dist.draw_bits(logits_Bx1, u_BxV[:, i : i + 1], controls)[:, 0]
      bit_B = _where_known(controls, v, lambda cell_B: cell_B % 2, bit_B)
      x_BxV = x_BxV.at[:, i].add(jnp.where(stays_BxV[:, i], bit_B, 0))
    return x_BxV

  def _order(self):
    """The voices in the order of decisions: highest, lowest, those between."""
    return (0, self.voices - 1, *range(1, self.voices - 1))[: self.voices]

  def _ordered(self, x_xV):
    return x_xV.astype(jnp.int32)[..., np.array(self._order())]

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
    """Logits of the symbols of voices, each given those before it.

    Args:
      s_xV: symbols, in the order of decisions; of each voice only those before it
        matter.
      prev_xV: cells of the step before, in this order.
      own: places in this order; None: all.
      kept_xFxK: the dropout mask of the hidden layers, or None.

    Returns:
      [..., len(own), depth].
    """
    own = own or tuple(range(self.voices))
    embedded_xVxK = self._embed_symbols(s_xV)
    layers = [
      hidden_xFxK[..., v, :] + embedded_xVxK[..., :v, :].sum(-2) for v in own
    ]
    layer_xOxK = jnp.stack(layers, axis=-2)
    prev_xV = prev_xV // 2
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

  def _onset_logits(self, hidden_xFxK, x_xV, prev_xV, own=None, kept_xFxK=None):
    """Logits of the onset bits, each given all symbols and the bits before it.

    Args:
      x_xV: cells, in the order of decisions; of each bit only those before it
        matter.
      prev_xV: cells of the step before, in this order.
      own: places in this order; None: all.
      kept_xFxK: the dropout mask of the hidden layers, or None.

    Returns:
      [..., len(own)].
    """
    s_xV, voice = x_xV // 2, np.arange(self.voices)
    own_O = np.array(own or voice)
    # [..., own bit, other voice].
    decided_xV = jnp.where(x_xV % 2 == 1, _REPEATED, _HELD)
    is_before_OxV = own_O[:, None] > voice
    state_xOxV = jnp.where(is_before_OxV, decided_xV[..., None, :], _OPEN)
    without_xV = jnp.where(s_xV > 0, _MOVED, _REST)
    stays_xV = _stays(x_xV, prev_xV)
    state_xOxV = jnp.where(
      stays_xV[..., None, :], state_xOxV, without_xV[..., None, :]
    )
    layer_xOxK = self.state_embedding(_STATES * voice + state_xOxV).sum(-2)
    layer_xOxK += hidden_xFxK[..., -1:, :]
    layer_xOxK += self._embed_symbols(s_xV).sum(-2)[..., None, :]
    layer_xOxK = nn.relu(layer_xOxK)
    if kept_xFxK is not None:
      layer_xOxK *= kept_xFxK[..., -1:, :]
    is_own_OxV = np.eye(self.voices, dtype=np.float32)[own_O]
    return (self.bits(layer_xOxK) * is_own_OxV).sum(-1)

  def _embed_symbols(self, s_xV):
    return self.factor_embedding(s_xV + self.depth * jnp.arange(self.voices))


def _stays(x_xV, prev_xV):
  """Which voices stay on their pitch, so that their onset bit is free."""
  return (x_xV // 2 == prev_xV // 2) & (x_xV > 1)


def _allow(logits_BxD, allowed_BxD):
  """The logits of what is allowed; equal ones if rules forbid all of that."""
  kept = jnp.where(allowed_BxD, logits_BxD, -jnp.inf)
  is_open = jnp.isfinite(kept).any(-1, keepdims=True)
  return jnp.where(is_open, kept, jnp.where(allowed_BxD, 0, -jnp.inf))


def _where_known(controls: Controls, v, part, drawn_B):
  """What is known of the cells of voice v, or what was drawn of them."""
  if controls.given is None:
    return drawn_B
  return jnp.where(controls.known[:, v], part(controls.given[:, v]), drawn_B)
