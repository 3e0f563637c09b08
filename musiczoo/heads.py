"""What a net heard walks in; log probabilities, or a sample, of a step out.

A head is what a net predicts: it knows the layout x of one kind of
Representation, makes features of it for the net, and turns the net's output h
into a distribution over the next step. All heads have the same three methods:

  embed(x) -> e: [..., C] -> [..., E], the net's input.
  log_prob(h, x, prev) -> dict of float32 [...], in nats; their sum is the log
    probability of the step x given h and the step before it, `prev`.
  sample(h, prev, keys, controls) -> x, int32 [B, C]. One PRNG key per row: a
    row is the same in any batch.

and name the `kind` of Representation they are for and the `controls` they
honour. Shapes: B rows, T steps, C the shape of one step ([] for tokens), H what
the net says, E features, P pitches, V voices, K hidden units of the head.
Logits are float32 whatever the `dtype` of the matmuls.
"""

import functools
from typing import NamedTuple

from flax import linen as nn
import jax
import jax.numpy as jnp


class Controls(NamedTuple):
  """How to sample: scalars, or arrays of [B], one per row; arrays under jit.

  Attributes:
    temperature: divides the logits; 0 takes the likeliest (of equals the
      first).
    top_k: only the k likeliest; 0: all.
    top_p: of those, the fewest likeliest that together have this share of the
      probability (Holtzman et al. 2020); 1: all.
    min_p: of those, the ones at least this likely as measured by the likeliest
      (Nguyen et al. 2024); 0: all.
    given: x [B, T, C] of a piece whose steps are partly known, or None.
    known: bool [T], the steps to take from `given`.
  """

  temperature: float | jax.Array = 1.0
  top_k: int | jax.Array = 0
  top_p: float | jax.Array = 1.0
  min_p: float | jax.Array = 0.0
  given: jax.Array | None = None
  known: jax.Array | None = None


def sharpen(logits, controls: Controls):
  """Logits [..., depth] -> logits of what may be drawn, -inf elsewhere.

  The likeliest always may.
  """
  # Sorting is by the logits themselves: after a division two may be equal.
  order = jnp.argsort(-logits, axis=-1)
  rank = jnp.argsort(order, axis=-1)
  temperature, top_k, top_p, min_p = (
      jnp.asarray(c)[..., None] for c in controls[:4]
  )
  cold = temperature == 0
  logits = logits / jnp.where(cold, 1.0, temperature)
  allowed = jnp.where(cold, rank < 1, (top_k == 0) | (rank < top_k))
  p = jax.nn.softmax(jnp.where(allowed, logits, -jnp.inf))
  sorted_p = jnp.take_along_axis(p, order, axis=-1)
  likelier = jnp.cumsum(sorted_p, axis=-1) - sorted_p
  likelier = jnp.take_along_axis(likelier, rank, axis=-1)
  # A sum of floats may come to 1 too early: at top_p = 1 nothing is cut.
  allowed &= (top_p >= 1) | (likelier < top_p) | (rank < 1)
  allowed &= (p >= min_p * p.max(-1, keepdims=True)) | (rank < 1)
  return jnp.where(allowed, logits, -jnp.inf)


class Bernoulli(nn.Module):
  """Bits that are independent given h: x [..., P] of 0 and 1."""

  depth: int
  dtype: jnp.dtype = jnp.float32

  kind = 'bits'
  controls = ('temperature',)

  def setup(self):
    self.logits = _logits(self.depth, self.dtype)

  def embed(self, x_xP):
    return x_xP.astype(self.dtype)

  def log_prob(self, h_xH, x_xP, prev_xP):
    del prev_xP
    return {'frame': _log_bernoulli(self.logits(h_xH), x_xP).sum(-1)}

  def sample(self, h_BxH, prev_BxP, keys_B, controls: Controls):
    del prev_BxP
    u_BxP = _uniform(keys_B, self.depth)
    return _bits(self.logits(h_BxH), u_BxP, controls)


class Categorical(nn.Module):
  """One of `depth` tokens: x [...]."""

  depth: int
  features: int
  dtype: jnp.dtype = jnp.float32

  kind = 'tokens'
  controls = ('temperature', 'top_k', 'top_p', 'min_p')

  def setup(self):
    self.embedding = nn.Embed(self.depth, self.features, self.dtype)
    self.logits = _logits(self.depth, self.dtype)

  def embed(self, x_x):
    return self.embedding(x_x)

  def log_prob(self, h_xH, x_x, prev_x):
    del prev_x
    return {'token': _log_categorical(self.logits(h_xH), x_x)}

  def sample(self, h_BxH, prev_B, keys_B, controls: Controls):
    del prev_B
    return _draw(self.logits(h_BxH), keys_B, controls)


class Voices(nn.Module):
  """Voices from the top down, each given h and the voices above it.

  A cell of x [..., V] is `2 * symbol + struck`. Symbol 0 is a rest, k is the
  k-th pitch of the range; `struck` says that the note begins here. It is free
  only where a voice stays on its pitch: a rest is never struck, a new pitch
  always is, and this costs no nats whatever the bit of x says (the first cell
  of a crop may well be held). With symbols s and bits b

    p(x | h, prev) = prod_v p(s_v | h, s_<v) prod_{v free} p(b_v | h, s)

  where each factor is a net of one hidden layer that sees a voice's symbol
  through a table of its own, as NADE does (Larochelle & Murray 2011).

  Attributes:
    depth: number of symbols; cells are below 2 * depth.
    voices: V, the highest first.
    features: per voice, of the net's input.
    hidden: units K of each factor.
    onsets: False leaves the bits out, for data that does not have them: then
      a note begins where the pitch changes and only there.
  """

  depth: int
  voices: int
  features: int
  hidden: int
  onsets: bool = True
  dtype: jnp.dtype = jnp.float32

  kind = 'voices'
  controls = ('temperature', 'top_k', 'top_p', 'min_p')

  def setup(self):
    self.embedding = nn.Embed(2 * self.depth, self.features, self.dtype)
    # The factors' hidden layers: what they hear of h, then of each voice. The
    # last is that of the bits.
    self.factors = self.voices + self.onsets
    self.heard = nn.Dense(self.factors * self.hidden, dtype=self.dtype)
    self.sung = nn.Embed(self.voices * self.depth, self.hidden, self.dtype)
    self.symbols = [
        _logits(self.depth, self.dtype) for _ in range(self.voices)
    ]
    if self.onsets:
      self.bits = _logits(self.voices, self.dtype)

  def embed(self, x_xV):
    e_xVxF = self.embedding(x_xV)
    return e_xVxF.reshape(*x_xV.shape[:-1], self.voices * self.features)

  def log_prob(self, h_xH, x_xV, prev_xV):
    s_xV = x_xV // 2
    _, logits, bits_xV = self._sing(h_xH, lambda v, _: s_xV[..., v])
    pitch = sum(_log_categorical(l, s_xV[..., v]) for v, l in enumerate(logits))
    if not self.onsets:
      return {'pitch': pitch}
    free_xV = (s_xV == prev_xV // 2) & (s_xV > 0)
    struck_xV = jnp.where(free_xV, _log_bernoulli(bits_xV, x_xV % 2), 0)
    return {'pitch': pitch, 'struck': struck_xV.sum(-1)}

  def sample(self, h_BxH, prev_BxV, keys_B, controls: Controls):
    keys_BxV = jax.vmap(lambda key: jax.random.split(key, self.voices + 1))(
        keys_B
    )
    s_V, _, bits_BxV = self._sing(
        h_BxH, lambda v, logits: _draw(logits, keys_BxV[:, v], controls)
    )
    s_BxV = jnp.stack(s_V, axis=-1)
    moved_BxV = s_BxV != prev_BxV // 2
    struck_BxV = moved_BxV
    if self.onsets:
      u_BxV = _uniform(keys_BxV[:, -1], self.voices)
      struck_BxV |= _bits(bits_BxV, u_BxV, controls) == 1
    return 2 * s_BxV + (struck_BxV & (s_BxV > 0))

  def _sing(self, h_xH, choose):
    """Goes down the voices; choose(v, logits) says which symbol v sings.

    Returns (symbols of all voices, their logits, logits [..., V] of the bits or
    None).
    """
    heard = jnp.split(self.heard(h_xH), self.factors, axis=-1)
    above, symbols, logits = 0, [], []
    for v in range(self.voices):
      logits.append(self.symbols[v](nn.relu(heard[v] + above)))
      symbols.append(choose(v, logits[-1]))
      above += self.sung(v * self.depth + symbols[-1].astype(jnp.int32))
    bits_xV = self.bits(nn.relu(heard[-1] + above)) if self.onsets else None
    return symbols, logits, bits_xV


class NADE(nn.Module):
  """Bits that depend on each other: x [..., P] of 0 and 1, from the low end up.

  Exact: with a = W h' + c the neural autoregressive distribution estimator

    p(x_i = 1 | x_<i) = sigmoid(b_i + V_i sigmoid(a + sum_{j<i} W_j x_j))

  (Larochelle & Murray 2011), whose biases b and a follow from h by a matmul, as
  in the RNN-NADE of Boulanger-Lewandowski et al. 2012.

  Attributes:
    depth: number of bits P.
    hidden: units K.
  """

  depth: int
  hidden: int
  dtype: jnp.dtype = jnp.float32

  kind = 'bits'
  controls = ('temperature',)

  def setup(self):
    init = nn.initializers.lecun_normal(in_axis=-1, out_axis=-2)
    self.bias = _logits(self.depth, self.dtype)
    self.start = _logits(self.hidden, self.dtype)
    self.read = self.param('read', init, (self.depth, self.hidden))
    self.write = self.param('write', init, (self.depth, self.hidden))

  def embed(self, x_xP):
    return x_xP.astype(self.dtype)

  def log_prob(self, h_xH, x_xP, prev_xP):
    del prev_xP
    x_Px = jnp.moveaxis(x_xP, -1, 0).astype(jnp.float32)
    logits_Px = _nade(self.start(h_xH), x_Px, self.read, self.write)
    logits_Px += jnp.moveaxis(self.bias(h_xH), -1, 0)
    return {'frame': _log_bernoulli(logits_Px, x_Px).sum(0)}

  def sample(self, h_BxH, prev_BxP, keys_B, controls: Controls):
    del prev_BxP

    def step(a_BxK, now):
      u_B, bias_B, read_K, write_K = now
      logits_B = bias_B + jax.nn.sigmoid(a_BxK) @ write_K
      x_B = _bits(logits_B, u_B, controls)
      return a_BxK + x_B[:, None] * read_K, x_B

    u_PxB, bias_PxB = _uniform(keys_B, self.depth).T, self.bias(h_BxH).T
    now = (u_PxB, bias_PxB, self.read, self.write)
    _, x_PxB = jax.lax.scan(step, self.start(h_BxH), now)
    return x_PxB.T


HEADS = {
    'bernoulli': Bernoulli,
    'categorical': Categorical,
    'voices': Voices,
    'nade': NADE,
}


@jax.custom_vjp
def _nade(a_xK, x_Px, read_PxK, write_PxK):
  """Logits [P, ...] of the bits x, without their biases.

  The backward pass is the paper's: it takes one bit after the other *off* the
  sum again, so that of all P hidden layers none has to be kept.
  """
  return _nade_forward(a_xK, x_Px, read_PxK, write_PxK)[0]


def _nade_forward(a_xK, x_Px, read_PxK, write_PxK):
  def step(a_xK, now):
    x_x, read_K, write_K = now
    return a_xK + x_x[..., None] * read_K, jax.nn.sigmoid(a_xK) @ write_K

  a_xK, logits_Px = jax.lax.scan(step, a_xK, (x_Px, read_PxK, write_PxK))
  return logits_Px, (a_xK, x_Px, read_PxK, write_PxK)


def _nade_backward(saved, dlogits_Px):
  a_xK, *inputs = saved

  def step(carry, now):
    a_xK, da_xK = carry
    dlogits_x, x_x, read_K, write_K = now
    dread_K = jnp.einsum('...,...k->k', x_x, da_xK)
    a_xK -= x_x[..., None] * read_K
    units_xK = jax.nn.sigmoid(a_xK)
    dwrite_K = jnp.einsum('...,...k->k', dlogits_x, units_xK)
    dunits_xK = dlogits_x[..., None] * write_K
    da_xK += dunits_xK * units_xK * (1 - units_xK)
    return (a_xK, da_xK), (dread_K, dwrite_K)

  carry = (a_xK, jnp.zeros_like(a_xK))
  now = (dlogits_Px, *inputs)
  (_, da_xK), (dread, dwrite) = jax.lax.scan(step, carry, now, reverse=True)
  return da_xK, None, dread, dwrite


_nade.defvjp(_nade_forward, _nade_backward)


def _logits(depth, dtype):
  """A Dense layer whose sums are, and stay, float32."""
  dot = functools.partial(
      jax.lax.dot_general, preferred_element_type=jnp.float32
  )
  return nn.Dense(depth, dtype=dtype, dot_general=dot)


def _log_bernoulli(logits, bits):
  return jax.nn.log_sigmoid(jnp.where(bits == 1, logits, -logits))


def _log_categorical(logits, x):
  x = x[..., None].astype(jnp.int32)
  return jnp.take_along_axis(jax.nn.log_softmax(logits), x, axis=-1)[..., 0]


def _draw(logits_BxD, keys_B, controls):
  return jax.vmap(jax.random.categorical)(keys_B, sharpen(logits_BxD, controls))


def _bits(logits, u, controls):
  """Bits, int32, of uniform noise u; temperature 0 gives the likelier ones."""
  temperature = jnp.asarray(controls.temperature)
  temperature = temperature[..., *[None] * (logits.ndim - temperature.ndim)]
  cold = temperature == 0
  p = jax.nn.sigmoid(logits / jnp.where(cold, 1.0, temperature))
  return jnp.where(cold, logits > 0, u < p).astype(jnp.int32)


def _uniform(keys_B, num):
  return jax.vmap(lambda key: jax.random.uniform(key, (num,)))(keys_B)
