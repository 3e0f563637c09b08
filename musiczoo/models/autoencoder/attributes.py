"""Attributes of a window: note density, mean pitch and pitch deviation."""

from flax import linen as nn
import jax.numpy as jnp
from jax.scipy.stats import norm

from musiczoo.models.accuracy import is_onset
from musiczoo.models.autoregressive import delay
from musiczoo.music.spec import Spec

NUM = 3


class Lines(nn.Module):
  """Linear regression of the attributes on a latent, with normal errors.

  It makes each attribute a direction of the latent space. Pati & Lerch (2020)
  regularize a dimension for each instead, by comparing the windows of a batch.
  """

  @nn.compact
  def __call__(self, z_BxL, a_BxA):
    """Log density of attributes given latents: [B]."""
    log_sd_A = self.param('log_sd', nn.initializers.constant(-1.5), (NUM,))
    mean_BxA = nn.Dense(NUM)(z_BxL)
    return norm.logpdf(a_BxA, mean_BxA, jnp.exp(log_sd_A)).sum(1)


def measured(spec: Spec, x_BxTxC, mask_BxT):
  """What `musiczoo.attributes` measures of the notes that begin: [B, 3].

  Args:
    music: of voices or bits.

  Returns:
    float32: their number in a step; mean and standard deviation of their pitch
    in octaves, drums aside, 0 where there is none.
  """
  begins_BxTxLxP = _begins(spec, x_BxTxC.astype(jnp.int32))
  begins_BxTxLxP *= mask_BxT[..., None, None]
  density_B = begins_BxTxLxP.sum((1, 2, 3)) / jnp.maximum(mask_BxT.sum(1), 1)
  # Of several planes the first is of drums.
  pitched_BxTxLxP = begins_BxTxLxP[:, :, spec.planes > 1 :]
  of_BxP = pitched_BxTxLxP.sum((1, 2))
  of_BxP /= jnp.maximum(of_BxP.sum(1, keepdims=True), 1)
  octave_P = (jnp.arange(of_BxP.shape[1]) - of_BxP.shape[1] / 2) / 12
  mean_B = of_BxP @ octave_P
  square_B = (of_BxP * (octave_P - mean_B[:, None]) ** 2).sum(1)
  return jnp.stack([density_B, mean_B, jnp.sqrt(square_B + 1e-6)], axis=1)


def _begins(spec, x_BxTxC):
  """1 where a note begins, by line and pitch: float32 [B, T, L, P]."""
  if spec.kind == 'voices':
    # A symbol and the bit that says it begins.
    begins = is_onset(x_BxTxC)[..., None] == 2 * jnp.arange(1, spec.depth) + 1
  elif spec.planes == 1:
    begins = (x_BxTxC & ~delay(x_BxTxC))[:, :, None] & 1
  else:
    x_BxTxLxP = x_BxTxC.reshape(*x_BxTxC.shape[:2], spec.planes, -1)
    begins = x_BxTxLxP[:, :, ::2]  # Drums, then what is struck of each group.
  return begins.astype(jnp.float32)
