"""Head of independent Gaussians, for audio frames."""

import math
from typing import Annotated

from flax import linen as nn
import jax
import jax.numpy as jnp
from jax.scipy.stats import norm

from musiczoo.errors import Range, UserError
from musiczoo.nn.heads.controls import Controls
from musiczoo.nn.heads.distributions import logits_layer
from musiczoo.nn.keys import noise

# The least standard deviation: without it the density of a nearly constant
# number, such as a band in silence, is unbounded.
LEAST = 0.05


class Gaussian(nn.Module):
  """Real numbers that are independent and normal given h: x [..., D].

    log p(x | h) = -sum_d ((x_d - m_d)^2 / (2 s_d^2) + log s_d + log(2 pi) / 2)

  (Bishop 1994), with m linear in h. With a fixed s this is, up to a constant,
  the squared error over 2 s^2; s = sqrt(1/2) gives the squared error itself.

  Attributes:
    depth: D.
    sd: s; 0: learned, as `LEAST` + softplus(linear(h)).
    residual: m is the step before plus linear(h). For autoregressive nets.
  """

  depth: int
  sd: Annotated[float, Range(0)] = 0.0
  residual: bool = False
  dtype: jnp.dtype = jnp.float32

  kind = 'frames'
  controls = ('temperature',)

  def setup(self):
    if not (self.sd == 0 or LEAST <= self.sd < math.inf):
      raise UserError(
        f'head.sd={self.sd}: give {LEAST} or more, or 0 to learn it'
      )
    self.mean = logits_layer(self.depth, self.dtype)
    if not self.sd:
      self.spread = logits_layer(self.depth, self.dtype)

  def embed(self, x_xD):
    return x_xD.astype(self.dtype)

  def log_prob(self, h_xH, x_xD, prev_xD, keys_B=None):
    del keys_B
    mean_xD, sd_xD = self._normal(h_xH, prev_xD)
    return {'frame': norm.logpdf(x_xD, mean_xD, sd_xD).sum(-1)}

  def logits(self, h_xH, x_xD, prev_xD):
    raise NotImplementedError('Audio frames have no logits.')

  def sample(self, h_BxH, prev_BxD, keys_B, controls: Controls):
    mean_BxD, sd_BxD = self._normal(h_BxH, prev_BxD)
    noise_BxD = noise(jax.random.normal, keys_B, (self.depth,))
    temperature_Bx1 = jnp.asarray(controls.temperature)[..., None]
    return mean_BxD + temperature_Bx1 * sd_BxD * noise_BxD

  def _normal(self, h_xH, prev_xD):
    mean_xD = self.mean(h_xH)
    if self.residual:
      mean_xD += prev_xD
    sd_xD = self.sd or LEAST + nn.softplus(self.spread(h_xH))
    return mean_xD, sd_xD
