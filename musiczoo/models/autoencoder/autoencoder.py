"""Autoencoder: a latent of each window, and a prior fitted to the latents."""

import dataclasses
from typing import Annotated

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.errors import Range
from musiczoo.models.autoencoder.flow import Flow
from musiczoo.models.autoencoder.latent_model import counts, LatentFamily
from musiczoo.models.autoencoder.latent_net import latent_net
from musiczoo.models.autoencoder.options import LatentOptions
from musiczoo.models.model import LatentModel


@dataclasses.dataclass(frozen=True)
class AutoencoderOptions(LatentOptions):
  """Options of autoencoder, beside those that it shares with vae.

  Attributes:
    noise: standard deviation of the noise added to latents in training.
  """

  noise: Annotated[float, Range(0)] = 0.1


def autoencoder(
  spec, head: nn.Module, options: AutoencoderOptions, *, window, dtype, remat
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
  options.check(spec, window)
  latent = options.latent
  prior, shared = Flow(latent, options.hidden), (options, window, dtype, remat)
  net = latent_net(head, *shared, outputs=latent, prior=prior)
  return _Autoencoder(net, spec, options, window).model('reconstruction')


class _Autoencoder(LatentFamily):
  options: AutoencoderOptions

  def encode(self, params, batch):
    return jnp.tanh(self.encoded(params, batch))

  def loss(self, params, batch, rng, *, step, train):
    del step
    z_BxL, keys_B = self.encode(params, batch), None
    if train:
      keys_B, normal_BxL = self.noise(rng, batch)
      z_BxL += self.options.noise * normal_BxL
    parts = self.reconstruction(params, z_BxL, batch, keys_B)
    sums = {f'reconstruction_{k}': v.sum() for k, v in parts.items()}
    log_prior = lambda net, z: net.prior.log_prob(z)
    log_p_B = self.apply(params, log_prior, jax.lax.stop_gradient(z_BxL))
    nats = sum(sums.values())
    prior = -(log_p_B * counts(batch)).sum()
    sums |= {'loss': nats + prior, 'reconstruction': nats, 'prior': prior}
    sums = self.with_attributes(sums, params, z_BxL, batch)
    return sums, batch['mask'].sum()

  def latents(self, params, normal_NxL):
    inverse = lambda net, u: net.prior.inverse(u)
    return self.apply(params, inverse, normal_NxL)
