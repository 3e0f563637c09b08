"""Variational autoencoders: what the code of each window may be, at a price."""

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.errors import UserError
from musiczoo.models.autoencoder import latent_model as shared
from musiczoo.models.model import Model
from musiczoo.music.spec import Spec


def vae(
    spec: Spec,
    head: nn.Module,
    *,
    net: str,
    hidden: int,
    latent: int,
    layers: int = 1,
    cell: str = 'gru',
    segment: int = 0,
    dropout: float = 0.0,
    word_dropout: float = 0.0,
    beta: float = 1.0,
    free_bits: float = 0.0,
    anneal_steps: int = 0,
    attributes: float = 0.0,
    window: int,
    dtype: str = 'float32',
    remat: bool = False,
) -> Model:
  """A variational autoencoder (Kingma & Welling 2014).

    loss = -log p(x | z) + beta max(KL(q(z | x) || N(0, I)) - free bits, 0)

  with z ~ q(z | x) = N(mean, diag(sd^2)); beta as in Higgins et al. 2017, free
  bits per window as in Kingma et al. 2016. 'nll_bound' has beta 1 and no free
  bits: it is what -log p(x) is at the most, in expectation.

  Args:
    beta: weight of the code's cost.
    free_bits: bits of a window's code that cost nothing.
    anneal_steps: over so many steps beta grows from 0.

  The rest is as in `autoencoder`.
  """
  if not beta >= 0 or not free_bits >= 0 or anneal_steps < 0:
    raise UserError(
        f'model.beta={beta}, free_bits={free_bits}, anneal_steps='
        f'{anneal_steps}: give 0 or more'
    )
  coder = shared.coder(
      head, net, hidden, latent, layers, cell, segment, dropout, word_dropout,
      window, dtype, remat, spec=spec, attributes=attributes, spread=True,
  )

  def posterior(params, batch):
    return jnp.split(shared.hear(coder, params, batch), 2, axis=-1)

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
      coder, spec, window, latent, 'nll_bound', loss, encode,
      lambda params, normal_NxL: normal_NxL, carried,
  )


def kl(mean, log_sd):
  """KL(N(mean, sd^2) || N(0, 1)) of each dimension, in nats."""
  return (jnp.exp(2 * log_sd) + mean**2 - 1) / 2 - log_sd
