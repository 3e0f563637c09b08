"""Autoencoder: a latent of each window, and a prior fitted to the latents."""

import dataclasses
from typing import Annotated

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.errors import Range
from musiczoo.models.autoencoder import latent_model as shared
from musiczoo.models.autoencoder.flow import Flow
from musiczoo.models.model import LatentModel
from musiczoo.music.spec import Spec


@dataclasses.dataclass(frozen=True)
class AutoencoderOptions(shared.LatentOptions):
  """Options of autoencoder, beside those that it shares with vae.

  Attributes:
    noise: standard deviation of the noise added to latents in training.
  """

  noise: Annotated[float, Range(0)] = 0.1


def autoencoder(
  spec: Spec,
  head: nn.Module,
  options: AutoencoderOptions,
  *,
  window: int,
  dtype: str = 'float32',
  remat: bool = False,
) -> LatentModel:
  """An autoencoder with latents in -1..1, and a prior that is fitted to them.

    z = tanh(f(x)),   loss = -log p(x | z + noise) - log p(z + noise)

  The second term trains the prior, a normalizing flow, and nothing else. No
  figure of it is a likelihood of x.

  Args:
    spec: of x.
    head: predicts each step.
    options: of the nets and the loss.
    window: steps of a window.
    dtype: of the computation; parameters, latents and loss stay float32.
    remat: recompute layers in the backward pass, to save memory.
  """
  latent, noise, attributes = options.latent, options.noise, options.attributes
  coder = shared.coder(
    spec,
    head,
    options,
    window,
    dtype,
    remat,
    prior=Flow(latent, options.hidden),
  )

  def encode(params, batch):
    return jnp.tanh(shared.encode_window(coder, params, batch))

  def loss(params, batch, rng, *, step, train):
    del step
    z_BxL, keys_B = encode(params, batch), None
    if train:
      keys_B, normal_BxL = shared.noise(rng, batch, latent)
      z_BxL += noise * normal_BxL
    parts = shared.reconstruction(coder, params, z_BxL, batch, keys_B)
    sums = {f'reconstruction_{k}': v.sum() for k, v in parts.items()}
    log_p_B = coder.apply(
      {'params': params},
      jax.lax.stop_gradient(z_BxL),
      method='prior_log_prob',
    )
    whole = sum(sums.values())
    prior = -(log_p_B * shared.real(batch)).sum()
    sums |= {'loss': whole + prior, 'reconstruction': whole, 'prior': prior}
    if attributes:
      told_B = shared.attributes(coder, params, z_BxL, batch, spec)
      sums['attributes'] = told_B.sum()
      sums['loss'] += attributes * sums['attributes']
    return sums, batch['mask'].sum()

  def code(params, normal_NxL):
    return coder.apply({'params': params}, normal_NxL, method='prior_code')

  return shared.model(
    coder, spec, window, latent, 'reconstruction', loss, encode, code
  )
