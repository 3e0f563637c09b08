"""VAE: a variational autoencoder of windows."""

import dataclasses
from typing import Annotated

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.errors import Range
from musiczoo.models.autoencoder.latent_model import counts, LatentFamily
from musiczoo.models.autoencoder.latent_net import latent_net
from musiczoo.models.autoencoder.options import LatentOptions
from musiczoo.models.model import LatentModel
from musiczoo.music.spec import Spec


@dataclasses.dataclass(frozen=True)
class VAEOptions(LatentOptions):
  """Options of vae, beside those that it shares with autoencoder.

  Attributes:
    beta: weight of the Kullback-Leibler divergence.
    free_bits: bits of a window's divergence that cost nothing.
    anneal_steps: steps over which beta grows from 0.
  """

  beta: Annotated[float, Range(0)] = 1.0
  free_bits: Annotated[float, Range(0)] = 0.0
  anneal_steps: Annotated[int, Range(0, below=2**32)] = 0


def vae(
  spec: Spec, head: nn.Module, options: VAEOptions, *, window, dtype, remat
) -> LatentModel:
  """A variational autoencoder (Kingma & Welling 2014).

    loss = -log p(x | z) + beta max(KL(q(z | x) || N(0, I)) - free bits, 0)

  with z ~ q(z | x) = N(mean, diag(sd^2)); beta as in Higgins et al. 2017, free
  bits per window as in Kingma et al. 2016. 'nll_bound' has beta 1 and no free
  bits: an upper bound of -log p(x) in expectation.

  Args:
    spec: of x.
    head: predicts each step.
    options: of the nets and the loss.
    window: steps of a window.
    dtype: of the computation; parameters, latents and loss stay float32.
    remat: recompute layers in the backward pass, to save memory.
  """
  options.check(spec, window)
  outputs = 2 * options.latent
  net = latent_net(head, options, window, dtype, remat, outputs=outputs)
  return _VAE(net, spec, options, window).model('nll_bound')


class _VAE(LatentFamily):
  options: VAEOptions

  def _posterior(self, params, batch):
    """Mean and log standard deviation of each window's latent: 2 x [B, L]."""
    return jnp.split(self.encoded(params, batch), 2, axis=-1)

  def encode(self, params, batch):
    return self._posterior(params, batch)[0]

  def loss(self, params, batch, rng, *, step, train):
    options = self.options
    mean_BxL, log_sd_BxL = self._posterior(params, batch)
    keys_B, normal_BxL = self.noise(rng, batch)
    z_BxL = mean_BxL + jnp.exp(log_sd_BxL) * normal_BxL
    parts = self.reconstruction(params, z_BxL, batch, keys_B if train else None)
    nats = sum(v.sum() for v in parts.values())
    kl_B = kl(mean_BxL, log_sd_BxL).sum(-1) * counts(batch)
    paid_B = jnp.maximum(kl_B - options.free_bits * jnp.log(2.0), 0)
    annealing = (
      jnp.minimum(step / options.anneal_steps, 1.0)
      if options.anneal_steps
      else 1.0
    )
    sums = {
      'loss': nats + options.beta * annealing * paid_B.sum(),
      'nll_bound': nats + kl_B.sum(),
      'nll_bound_reconstruction': nats,
      'nll_bound_kl': kl_B.sum(),
    }
    sums = self.with_attributes(sums, params, z_BxL, batch)
    return sums, batch['mask'].sum()

  def own_metrics(self, params, batch):
    kl_BxL = kl(*self._posterior(params, batch)) * counts(batch)[:, None]
    return {'kl_by_dimension': (kl_BxL.sum(0), counts(batch).sum())}


def kl(mean, log_sd):
  """KL(N(mean, sd^2) || N(0, 1)) of each dimension, in nats."""
  return (jnp.exp(2 * log_sd) + mean**2 - 1) / 2 - log_sd
