"""NADE head: bits that depend on each other, from the lowest up."""

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.errors import Units
from musiczoo.nn.heads import distributions as dist
from musiczoo.nn.heads.controls import Controls
from musiczoo.nn.keys import noise


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
  hidden: Units
  dtype: jnp.dtype = jnp.float32

  kind = 'bits'
  controls = ('temperature',)

  def setup(self):
    init = nn.initializers.lecun_normal(in_axis=-1, out_axis=-2)
    shape = self.depth, self.hidden
    self.visible_bias = dist.logits_layer(self.depth, self.dtype)
    self.hidden_bias = dist.logits_layer(self.hidden, self.dtype)
    self.input_weight = self.param('input_weight', init, shape)
    self.output_weight = self.param('output_weight', init, shape)

  def embed(self, x_xP):
    return x_xP.astype(self.dtype)

  def log_prob(self, h_xH, x_xP, prev_xP, keys_B=None):
    del prev_xP, keys_B
    x_Px, logits_Px = self._logits(h_xH, x_xP)
    return {'frame': dist.log_bernoulli(logits_Px, x_Px).sum(0)}

  def logits(self, h_xH, x_xP, prev_xP):
    del prev_xP
    _, logits_Px = self._logits(h_xH, x_xP)
    return {'bits': jnp.moveaxis(logits_Px, 0, -1)}

  def _logits(self, h_xH, x_xP):
    x_Px = jnp.moveaxis(x_xP, -1, 0).astype(jnp.float32)
    a_xK = self.hidden_bias(h_xH)
    logits_Px = nade_logits(a_xK, x_Px, self.input_weight, self.output_weight)
    return x_Px, logits_Px + jnp.moveaxis(self.visible_bias(h_xH), -1, 0)

  def sample(self, h_BxH, prev_BxP, keys_B, controls: Controls):
    del prev_BxP

    def step(a_BxK, now):
      u_B, bias_B, w_K, v_K = now
      logits_B = bias_B + jax.nn.sigmoid(a_BxK) @ v_K
      x_B = dist.draw_bits(logits_B, u_B, controls)
      return a_BxK + x_B[:, None] * w_K, x_B

    u_PxB = noise(jax.random.uniform, keys_B, (self.depth,)).T
    bias_PxB = self.visible_bias(h_BxH).T
    now = (u_PxB, bias_PxB, self.input_weight, self.output_weight)
    _, x_PxB = jax.lax.scan(step, self.hidden_bias(h_BxH), now)
    return x_PxB.T


@jax.custom_vjp
def nade_logits(a_xK, x_Px, w_PxK, v_PxK):
  """Logits [P, ...] of the bits x, without their biases b.

  Args:
    a_xK: the bias of the hidden layer.
    x_Px: the bits, as float32.
    w_PxK: W, from the bits to the hidden layer.
    v_PxK: V, from the hidden layer to the logits.

  The backward pass is that of the paper: it subtracts one bit after the other
  from the sum, so that none of the P hidden layers has to be stored.
  """
  return _nade_forward(a_xK, x_Px, w_PxK, v_PxK)[0]


def _nade_forward(a_xK, x_Px, w_PxK, v_PxK):
  def step(a_xK, now):
    x_x, w_K, v_K = now
    return a_xK + x_x[..., None] * w_K, jax.nn.sigmoid(a_xK) @ v_K

  a_xK, logits_Px = jax.lax.scan(step, a_xK, (x_Px, w_PxK, v_PxK))
  return logits_Px, (a_xK, x_Px, w_PxK, v_PxK)


def _nade_backward(saved, dlogits_Px):
  a_xK, *inputs = saved

  def step(carry, now):
    a_xK, da_xK = carry
    dlogits_x, x_x, w_K, v_K = now
    dw_K = jnp.einsum('...,...k->k', x_x, da_xK)
    a_xK -= x_x[..., None] * w_K
    units_xK = jax.nn.sigmoid(a_xK)
    dv_K = jnp.einsum('...,...k->k', dlogits_x, units_xK)
    dunits_xK = dlogits_x[..., None] * v_K
    da_xK += dunits_xK * units_xK * (1 - units_xK)
    return (a_xK, da_xK), (dw_K, dv_K)

  carry = (a_xK, jnp.zeros_like(a_xK))
  now = (dlogits_Px, *inputs)
  (_, da_xK), (dw, dv) = jax.lax.scan(step, carry, now, reverse=True)
  return da_xK, None, dw, dv


nade_logits.defvjp(_nade_forward, _nade_backward)
