"""NADE head: bits that depend on each other, from the lowest up."""

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.nn.heads.controls import Controls
from musiczoo.nn.heads.distributions import (
  draw_bits,
  log_bernoulli,
  logits_layer,
  uniform,
)


class NADE(nn.Module):
  """Autoregressive bits: x [..., P] of 0 and 1, from the lowest pitch up.

  The neural autoregressive distribution estimator

    p(x_i = 1 | x_<i) = sigmoid(b_i + V_i sigmoid(a + sum_{j<i} W_j x_j))

  (Larochelle & Murray 2011), whose biases b and a are linear in h, as in the
  RNN-NADE of Boulanger-Lewandowski et al. 2012.

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
    self.bias = logits_layer(self.depth, self.dtype)
    self.start = logits_layer(self.hidden, self.dtype)
    self.read = self.param('read', init, (self.depth, self.hidden))
    self.write = self.param('write', init, (self.depth, self.hidden))

  def embed(self, x_xP):
    return x_xP.astype(self.dtype)

  def log_prob(self, h_xH, x_xP, prev_xP):
    del prev_xP
    x_Px = jnp.moveaxis(x_xP, -1, 0).astype(jnp.float32)
    return {'frame': log_bernoulli(self._logits(h_xH, x_Px), x_Px).sum(0)}

  def choices(self, h_xH, x_xP):
    x_Px = jnp.moveaxis(x_xP, -1, 0).astype(jnp.float32)
    return {'bits': jnp.moveaxis(self._logits(h_xH, x_Px), 0, -1)}

  def _logits(self, h_xH, x_Px):
    logits_Px = _nade(self.start(h_xH), x_Px, self.read, self.write)
    return logits_Px + jnp.moveaxis(self.bias(h_xH), -1, 0)

  def sample(self, h_BxH, prev_BxP, keys_B, controls: Controls):
    del prev_BxP

    def step(a_BxK, now):
      u_B, bias_B, read_K, write_K = now
      logits_B = bias_B + jax.nn.sigmoid(a_BxK) @ write_K
      x_B = draw_bits(logits_B, u_B, controls)
      return a_BxK + x_B[:, None] * read_K, x_B

    u_PxB, bias_PxB = uniform(keys_B, self.depth).T, self.bias(h_BxH).T
    now = (u_PxB, bias_PxB, self.read, self.write)
    _, x_PxB = jax.lax.scan(step, self.start(h_BxH), now)
    return x_PxB.T


@jax.custom_vjp
def _nade(a_xK, x_Px, read_PxK, write_PxK):
  """Logits [P, ...] of the bits x, without their biases.

  The backward pass is that of the paper: it subtracts one bit after the other
  from the sum, so that none of the P hidden layers has to be stored.
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
