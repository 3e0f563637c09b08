"""Autoencoders: a code of each window, and a prior that learns the codes."""

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.models.autoencoder import latent_model as shared
from musiczoo.models.autoencoder.flow import Flow
from musiczoo.models.model import Model
from musiczoo.music.spec import Spec


def autoencoder(
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
    noise: float = 0.1,
    attributes: float = 0.0,
    window: int,
    dtype: str = 'float32',
    remat: bool = False,
) -> Model:
  """An autoencoder with a code of numbers in -1..1, and a prior that learns them.

    z = tanh(f(x)),   loss = -log p(x | z + noise) - log p(z + noise)

  where the second term teaches the prior, a flow, and nobody else. No figure of
  it is a likelihood of x.

  Args:
    spec: what x is.
    head: what is predicted of each step.
    net: 'conv' or 'recurrent', what hears a window and what plans one.
    hidden: units of each layer.
    latent: dimensions L of the code.
    layers: of the recurrent nets.
    cell: of the recurrent nets: 'rnn', 'lstm' or 'gru'.
    segment: steps after which the decoder begins anew; 0: only once.
    dropout: share of the decoder's units dropped, the same at all steps.
    word_dropout: share of steps that the decoder isn't told, in training; 1:
      it never is, nor where it writes.
    noise: standard deviation of what is added to codes, in training.
    attributes: weight of the nats that density, pitch and spread of a window
      (`musiczoo.attributes`) cost if told from its code by a line.
    window: steps of a window.
    dtype: of the computation; parameters, codes and loss stay float32.
    remat: hear layers again for their gradient, to save memory.
  """
  coder = shared.coder(
      head, net, hidden, latent, layers, cell, segment, dropout, word_dropout,
      window, dtype, remat, spec=spec, attributes=attributes,
      prior=Flow(latent, hidden),
  )

  def encode(params, batch):
    return jnp.tanh(shared.hear(coder, params, batch))

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
