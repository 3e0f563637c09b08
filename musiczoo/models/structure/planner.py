"""Planner: an autoregressive model of the codes of bars, given some of them.

Shapes as in `codes`: B rows, N bars, C codes of a bar; K units of each factor.
"""

from flax import linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.models.autoregressive import delay
from musiczoo.models.structure.codes import Code, NO_CHORD
from musiczoo.music import annotations
from musiczoo.nn.conditioning import ConditionEmbedding, Conditioning
from musiczoo.nn.heads import Controls
from musiczoo.nn.heads.distributions import draw, log_categorical
from musiczoo.nn.recurrent import Recurrent


class Planner(nn.Module):
  """p(plan | asked) = prod_n prod_c p(code_nc | codes before it, asked).

  `net` encodes the bars before; a factor of one hidden layer for each code takes
  its output and the codes before in the bar. What is asked is read from its end back
  by `ahead`, so that a bar can be planned for all that is still to come: a key,
  say, for the chords that will have to be in it.

  Attributes:
    codes: of a bar.
    styles: values of the style of a piece, 0 for none.
    net: over the bars.
    ahead: over what is asked.
    features: of the embedding of the codes.
    hidden: K.
  """

  codes: tuple[Code, ...]
  styles: int
  net: Recurrent
  ahead: Recurrent
  features: int
  hidden: int
  dtype: jnp.dtype = jnp.float32

  def setup(self):
    sizes = [code.size for code in self.codes]
    ordered = tuple(
      i
      for i, code in enumerate(self.codes)
      if code.column == annotations.DENSITY
    )
    conditioning = Conditioning(
      tuple(enumerate(sizes)), self.features, ordered=ordered
    )
    self.heard = ConditionEmbedding(conditioning, self.dtype)
    columns = tuple(enumerate([*sizes, self.styles]))
    self.asked = ConditionEmbedding(
      conditioning._replace(columns=columns), self.dtype
    )
    # One array each for the factors of all codes: logits beyond the values that
    # a code has are of no weight.
    most = max(sizes)
    self.values_CxD = np.arange(most) < np.array(sizes)[:, None]
    self.factors = nn.Dense(len(sizes) * self.hidden, dtype=self.dtype)
    # What no training piece had says nothing.
    self.said = nn.Embed(
      sum(sizes),
      self.hidden,
      self.dtype,
      embedding_init=nn.initializers.zeros,
    )
    self.first_C = np.cumsum(sizes) - sizes
    init = nn.initializers.lecun_normal(1, 2, batch_axis=0)
    self.weights = self.param('weights', init, (len(sizes), self.hidden, most))
    self.biases = self.param(
      'biases', nn.initializers.zeros, (len(sizes), most)
    )

  def log_prob(self, codes_BxNxC, asked_BxNxC, style_B, real_BxN, keys_B=None):
    """Log probability in nats of each code, 0 of those asked for: [B, N, C]."""
    # The codes before the first bar are 0, unknown.
    before = self.heard(delay(codes_BxNxC))
    e = jnp.concatenate(
      [before, self.expect(asked_BxNxC, style_B, real_BxN)], axis=-1
    )
    h_BxNxH, _ = self.net(e, keys=keys_B)
    said = self.said(codes_BxNxC + self.first_C)
    above = jnp.cumsum(said, axis=-2) - said
    units = nn.relu(self._factors(h_BxNxH) + above)
    logits = self._logits(units, slice(None))
    log_p_BxNxC = log_categorical(logits, codes_BxNxC)
    return jnp.where(is_asked(self.codes, asked_BxNxC), 0, log_p_BxNxC)

  def expect(self, asked_BxNxC, style_B, real_BxN):
    """What is known of each bar and of all that come after it: [B, N, H].

    Of bars that there are, `real_BxN`: padding says nothing.
    """
    style_BxN = jnp.broadcast_to(style_B[:, None], asked_BxNxC.shape[:2])
    asked = jnp.concatenate([asked_BxNxC, style_BxN[..., None]], axis=-1)
    h, _ = self.ahead(self.asked(asked)[:, ::-1], mask=real_BxN[:, ::-1])
    return h[:, ::-1]

  def start(self, num: int):
    return self.net.start(num)

  def step(self, carry, prev_BxC, expected_BxH, asked_BxC, keys_B, controls):
    """One bar of a plan: the bar before -> the next one, int32 [B, C]."""
    e = jnp.concatenate([self.heard(prev_BxC), expected_BxH], axis=-1)
    carry, h = self.net.step(carry, e)
    factors_BxCxK = self._factors(h)
    known_BxC = is_asked(self.codes, asked_BxC)
    keys_BxC = jax.vmap(lambda k: jax.random.split(k, len(self.codes)))(keys_B)
    above, chosen = 0, []
    for c in range(len(self.codes)):
      logits = self._logits(nn.relu(factors_BxCxK[:, c] + above), c)
      drawn_B = draw(logits, keys_BxC[:, c], controls)
      chosen.append(jnp.where(known_BxC[:, c], asked_BxC[:, c], drawn_B))
      above += self.said(chosen[-1] + self.first_C[c])
    return carry, jnp.stack(chosen, axis=-1)

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
    return jnp.where(self.values_CxD[c], logits + self.biases[c], -jnp.inf)


def is_asked(codes: tuple[Code, ...], asked_xC):
  """Which codes are asked for: bool [..., C].

  0 says that a code isn't, but for the root of no chord: it has no other value.
  """
  known = [asked_xC[..., i] > 0 for i in range(len(codes))]
  at = {(code.column, code.half): i for i, code in enumerate(codes)}
  for i, code in enumerate(codes):
    if code.column == annotations.ROOT:
      quality = asked_xC[..., at[annotations.QUALITY, code.half]]
      known[i] |= quality == NO_CHORD
  return jnp.stack(known, axis=-1)


def ask(codes: tuple[Code, ...], codes_BxNxC, keys_B):
  """What somebody might have asked for to get these codes, row by row.

  Nothing half of the time; else each wish for all bars or for none. Half of all
  rows also know the first bars, as a piece that begins with a primer does.
  """
  requested = sorted({code.wish for code in codes})
  wish_C = np.array([requested.index(code.wish) for code in codes])
  num = codes_BxNxC.shape[1]

  def row(codes_NxC, key):
    any_key, wish_key, begin_key, num_key = jax.random.split(key, 4)
    wished = jax.random.bernoulli(wish_key, shape=(len(requested),))[wish_C]
    wished &= jax.random.bernoulli(any_key)
    begun = jax.random.randint(num_key, (), 0, num)
    begun *= jax.random.bernoulli(begin_key)
    known = wished | (jnp.arange(num) < begun)[:, None]
    return jnp.where(known, codes_NxC, 0)

  return jax.vmap(row)(codes_BxNxC, keys_B)


def plan(
  module: Planner,
  variables,
  keys_B,
  asked_BxNxC,
  style_B,
  real_BxN,
  controls: Controls,
):
  """Writes a plan for what is asked: int32 [B, N, C]."""
  expected_BxNxH = module.apply(
    variables, asked_BxNxC, style_B, real_BxN, method='expect'
  )

  def step(carry, now):
    state, prev_BxC = carry
    n, expected_BxH, asked_BxC = now
    now_B = jax.vmap(jax.random.fold_in, (0, None))(keys_B, n)
    state, codes_BxC = module.apply(
      variables,
      state,
      prev_BxC,
      expected_BxH,
      asked_BxC,
      now_B,
      controls,
      method='step',
    )
    return (state, codes_BxC), codes_BxC

  num, bars, _ = asked_BxNxC.shape
  start = module.apply(variables, num, method='start')
  begin = start, jnp.zeros_like(asked_BxNxC[:, 0])
  now = (
    jnp.arange(bars),
    jnp.swapaxes(expected_BxNxH, 0, 1),
    jnp.swapaxes(asked_BxNxC, 0, 1),
  )
  _, codes_NxBxC = jax.lax.scan(step, begin, now)
  return jnp.swapaxes(codes_NxBxC, 0, 1)
