"""Attributes of a window: note density, mean pitch and pitch deviation."""

from flax import linen as nn
import jax.numpy as jnp
from jax.scipy.stats import norm

from musiczoo.models.cells import canonical
from musiczoo.music.spec import Spec
from musiczoo.nn.shift import delay

NUM = 3


class AttributeRegression(nn.Module):
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
  """The attributes of windows of voices or bits, from the notes that begin: [B, 3].

  Returns:
    float32: their number in a step; mean and standard deviation of their pitch
    in octaves, without drums, 0 where there is none.
  """
  mask_BxTx1x1 = mask_BxT[..., None, None]
  onsets, pitched = _onsets(spec, x_BxTxC.astype(jnp.int32))
  num_B = (onsets * mask_BxTx1x1).sum((1, 2, 3))
  density_B = num_B / jnp.maximum(mask_BxT.sum(1), 1)
  share_BxP = (pitched * mask_BxTx1x1).sum((1, 2))
  share_BxP /= jnp.maximum(share_BxP.sum(1, keepdims=True), 1)
  octave_P = (jnp.arange(share_BxP.shape[1]) - share_BxP.shape[1] / 2) / 12
  mean_B = share_BxP @ octave_P
  square_B = (share_BxP * (octave_P - mean_B[:, None]) ** 2).sum(1)
  return jnp.stack([density_B, mean_B, jnp.sqrt(square_B + 1e-6)], axis=1)


def _onsets(spec, x_BxTxC):
  """1 where a note begins: of all lines, and without drums, [B, T, L, P]."""
  if spec.kind == 'voices':
    cells = canonical(x_BxTxC)[..., None]
    onsets = cells == 2 * jnp.arange(1, spec.depth) + 1
    return onsets, onsets
  if spec.planes == 1:
    onsets = (x_BxTxC & ~delay(x_BxTxC))[:, :, None] & 1
    return onsets, onsets
  x_BxTxLxP = x_BxTxC.reshape(*x_BxTxC.shape[:2], spec.planes, -1)
  planes = spec.onset_planes, spec.pitched_onset_planes
  return tuple(x_BxTxLxP[:, :, p] for p in planes)
