"""Head of independent bits, for piano rolls."""

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.nn.heads import distributions as dist
from musiczoo.nn.heads.controls import Controls
from musiczoo.nn.keys import noise


class Bernoulli(nn.Module):
  """Bits that are independent given h: x [..., P] of 0 and 1."""

  depth: int
  dtype: jnp.dtype = jnp.float32

  kind = 'bits'
  controls = ('temperature',)

  def setup(self):
    self.output = dist.logits_layer(self.depth, self.dtype)

  def embed(self, x_xP):
    return x_xP.astype(self.dtype)

  def log_prob(self, h_xH, x_xP, prev_xP, keys_B=None):
    del prev_xP, keys_B
    return {'frame': dist.log_bernoulli(self.output(h_xH), x_xP).sum(-1)}

  def logits(self, h_xH, x_xP, prev_xP):
    del x_xP, prev_xP
    return {'bits': self.output(h_xH)}

  def sample(self, h_BxH, prev_BxP, keys_B, controls: Controls):
    del prev_BxP
    u_BxP = noise(jax.random.uniform, keys_B, (self.depth,))
    return dist.draw_bits(self.output(h_BxH), u_BxP, controls)
