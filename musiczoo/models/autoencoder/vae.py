"""VAE: a variational autoencoder of windows."""

import dataclasses
from typing import Annotated

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.errors import Range
from musiczoo.models.autoencoder import latent_model as shared
from musiczoo.models.model import LatentModel
from musiczoo.music.spec import Spec


@dataclasses.dataclass(frozen=True)
class VAEOptions(shared.LatentOptions):
  """Options of vae, beside those that it shares with autoencoder.

  Attributes:
    beta: weight of the Kullback-Leibler divergence.
    free_bits: bits of a window's divergence that cost nothing.
    anneal_steps: steps over which beta grows from 0.
  """

  beta: Annotated[float, Range(0)] = 1.0
  free_bits: Annotated[float, Range(0)] = 0.0
  anneal_steps: Annotated[int, Range(0)] = 0


def vae(
  spec: Spec,
  head: nn.Module,
  options: VAEOptions,
  *,
  window: int,
  dtype: str = 'float32',
  remat: bool = False,
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
  latent, attributes = options.latent, options.attributes
  beta, free_bits = options.beta, options.free_bits
  anneal_steps = options.anneal_steps
  coder = shared.coder(spec, head, options, window, dtype, remat, spread=True)

  def posterior(params, batch):
    return jnp.split(shared.encode_window(coder, params, batch), 2, axis=-1)

  def loss(params, batch, rng, *, step, train):
    mean_BxL, log_sd_BxL = posterior(params, batch)
    keys_B, normal_BxL = shared.noise(rng, batch, latent)
    z_BxL = mean_BxL + jnp.exp(log_sd_BxL) * normal_BxL
    parts = shared.reconstruction(
      coder, params, z_BxL, batch, keys_B if train else None
    )
    rebuilt = sum(v.sum() for v in parts.values())
    kl_B = kl(mean_BxL, log_sd_BxL).sum(-1) * shared.real(batch)
    paid_B = jnp.maximum(kl_B - free_bits * jnp.log(2.0), 0)
    grown = jnp.minimum(step / anneal_steps, 1.0) if anneal_steps else 1.0
    sums = {
      'loss': rebuilt + beta * grown * paid_B.sum(),
      'nll_bound': rebuilt + kl_B.sum(),
      'nll_bound_reconstruction': rebuilt,
      'nll_bound_kl': kl_B.sum(),
    }
    if attributes:
      told_B = shared.attributes(coder, params, z_BxL, batch, spec)
      sums['attributes'] = told_B.sum()
      sums['loss'] += attributes * sums['attributes']
    return sums, batch['mask'].sum()

  def encode(params, batch):
    return posterior(params, batch)[0]

  def carried(params, batch):
    kl_BxL = kl(*posterior(params, batch)) * shared.real(batch)[:, None]
    return {'kl_by_dimension': (kl_BxL.sum(0), shared.real(batch).sum())}

  return shared.model(
    coder,
    spec,
    window,
    latent,
    'nll_bound',
    loss,
    encode,
    lambda params, normal_NxL: normal_NxL,
    carried,
  )


def kl(mean, log_sd):
  """KL(N(mean, sd^2) || N(0, 1)) of each dimension, in nats."""
  return (jnp.exp(2 * log_sd) + mean**2 - 1) / 2 - log_sd
