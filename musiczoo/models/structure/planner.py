"""Planner: an autoregressive net of the codes of bars, given some of them.

Shapes as in `codes`: B rows, N bars, C codes of a bar; K units of each factor.
"""

from flax import linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.models.structure.codes import Code
from musiczoo.models.structure.requests import is_requested
from musiczoo.music import annotations
from musiczoo.nn.conditioning import ConditionEmbedding, Conditioning
from musiczoo.nn.heads import Controls
from musiczoo.nn.heads.distributions import draw, log_categorical
from musiczoo.nn.keys import fold, split
from musiczoo.nn.recurrent import Recurrent
from musiczoo.nn.shift import delay


class Planner(nn.Module):
  """p(plan | requested) = prod_n prod_c p(code_nc | codes before, requested).

  `net` encodes the bars before; a factor of one hidden layer for each code takes
  its output and the codes before in the bar. `lookahead` encodes the requested
  codes from the end back, so that a bar is planned for all that is still to come:
  a key, say, that fits the chords requested later.

  Attributes:
    codes: of a bar.
    styles: values of the style of a piece, 0 for none.
    net: over the bars.
    lookahead: over the requested codes.
    embed_dim: of the embedding of the codes.
    hidden: K.
  """

  codes: tuple[Code, ...]
  styles: int
  net: Recurrent
  lookahead: Recurrent
  embed_dim: int
  hidden: int
  dtype: jnp.dtype = jnp.float32

  def setup(self):
    columns = [code.column for code in self.codes]
    sizes = [code.size for code in self.codes]
    ordinal = tuple(np.flatnonzero(np.equal(columns, annotations.DENSITY)))
    embedding = lambda sizes: ConditionEmbedding(
      Conditioning(tuple(enumerate(sizes)), self.embed_dim, ordinal=ordinal),
      self.dtype,
    )
    self.code_embedding = embedding(sizes)
    self.request_embedding = embedding([*sizes, self.styles])
    # One array each for the factors of all codes: values beyond those of a code
    # have probability 0.
    most = max(sizes)
    self.is_value_CxD = np.arange(most) < np.array(sizes)[:, None]
    self.factors = nn.Dense(len(sizes) * self.hidden, dtype=self.dtype)
    # Zero for values that no training piece has.
    zeros = nn.initializers.zeros
    self.factor_embedding = nn.Embed(
      sum(sizes), self.hidden, self.dtype, embedding_init=zeros
    )
    self.first_C = np.cumsum(sizes) - sizes
    init = nn.initializers.lecun_normal(1, 2, batch_axis=0)
    self.weights = self.param('weights', init, (len(sizes), self.hidden, most))
    self.biases = self.param('biases', zeros, (len(sizes), most))

  def log_prob(self, codes_BxNxC, requested, style_B, real_BxN, keys_B=None):
    """Log probability in nats of each code, 0 of requested ones: [B, N, C].

    Args:
      codes_BxNxC: the codes.
      requested: codes likewise, 0 where none is requested.
      style_B: of each row.
      real_BxN: 1 where there is a bar.
      keys_B: one PRNG key per row turns dropout on; None: off.
    """
    # The codes before the first bar are 0, unknown.
    before = self.code_embedding(delay(codes_BxNxC))
    ahead = self.look_ahead(requested, style_B, real_BxN)
    e = jnp.concatenate([before, ahead], axis=-1)
    h_BxNxH, _ = self.net(e, keys=keys_B)
    u_BxNxCxK = self.factor_embedding(codes_BxNxC + self.first_C)
    above = jnp.cumsum(u_BxNxCxK, axis=-2) - u_BxNxCxK
    units = nn.relu(self._factors(h_BxNxH) + above)
    logits = self._logits(units, slice(None))
    log_p_BxNxC = log_categorical(logits, codes_BxNxC)
    return jnp.where(is_requested(self.codes, requested), 0, log_p_BxNxC)

  def look_ahead(self, requested, style_B, real_BxN):
    """Encodes the requests of each bar and of all bars after it: [B, N, H].

    Of real bars, `real_BxN`; padding is left out.
    """
    style_BxN = jnp.broadcast_to(style_B[:, None], requested.shape[:2])
    requested = jnp.concatenate([requested, style_BxN[..., None]], axis=-1)
    e = self.request_embedding(requested)
    h, _ = self.lookahead(e[:, ::-1], mask=real_BxN[:, ::-1])
    return h[:, ::-1]

  def start(self, num: int):
    return self.net.start(num)

  def step(self, carry, prev_BxC, ahead_BxH, requested_BxC, keys_B, controls):
    """One bar of a plan: the bar before -> the next one, int32 [B, C]."""
    e = jnp.concatenate([self.code_embedding(prev_BxC), ahead_BxH], axis=-1)
    carry, h = self.net.step(carry, e)
    factors_BxCxK = self._factors(h)
    known_BxC = is_requested(self.codes, requested_BxC)
    above, codes = 0, []
    for c, code_keys in enumerate(split(keys_B, len(self.codes))):
      logits = self._logits(nn.relu(factors_BxCxK[:, c] + above), c)
      drawn_B = draw(logits, code_keys, controls)
      codes.append(jnp.where(known_BxC[:, c], requested_BxC[:, c], drawn_B))
      above += self.factor_embedding(codes[-1] + self.first_C[c])
    return carry, jnp.stack(codes, axis=-1)

  def _factors(self, h_xH):
    """The input of the factor of each code: [..., C, K]."""
    return self.factors(h_xH).reshape(*h_xH.shape[:-1], -1, self.hidden)

  def _logits(self, units, c):
    """Float32 logits of code c, [..., K] -> [..., D], or of all."""
    logits = jnp.einsum(
      '...k,...kd->...d',
      units,
      self.weights[c].astype(self.dtype),
      preferred_element_type=jnp.float32,
    )
    return jnp.where(self.is_value_CxD[c], logits + self.biases[c], -jnp.inf)


def sample_plan(
  planner: Planner, variables, keys_B, requests, controls: Controls
):
  """Samples a plan for requests: int32 [B, N, C].

  Args:
    requests: codes [B, N, C], 0 where none is requested; style [B]; and bool
      [B, N], the real bars.
  """
  requested, style_B, real_BxN = requests
  apply = lambda method, *args: planner.apply(variables, *args, method=method)

  def step(carry, now):
    state, prev_BxC = carry
    n, *now = now
    state, codes_BxC = apply(
      'step', state, prev_BxC, *now, fold(keys_B, n), controls
    )
    return (state, codes_BxC), codes_BxC

  ahead = apply('look_ahead', requested, style_B, real_BxN)
  begin = apply('start', requested.shape[0]), jnp.zeros_like(requested[:, 0])
  bars = jnp.arange(requested.shape[1])
  now = bars, jnp.swapaxes(ahead, 0, 1), jnp.swapaxes(requested, 0, 1)
  _, codes_NxBxC = jax.lax.scan(step, begin, now)
  return jnp.swapaxes(codes_NxBxC, 0, 1)
