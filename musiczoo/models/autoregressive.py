"""A causal net and a head -> a Model that writes music step after step."""

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.heads import Controls
from musiczoo.models import Model


class Sequence(nn.Module):
  """p(x) = prod_t p(x_t | x_<t): the net hears the past, the head says x_t."""

  net: nn.Module
  head: nn.Module

  def log_prob(self, x_BxTxC, keys_B=None):
    """Log probability in nats of every step, by part: dict of [B, T]."""
    e_BxTxE = delay(self.head.embed(x_BxTxC))
    h_BxTxH, _ = self.net(e_BxTxE, keys=keys_B)
    return self.head.log_prob(h_BxTxH, x_BxTxC, delay(x_BxTxC))

  def start(self, num: int):
    return self.net.start(num)

  def step(self, carry, prev_BxC, begun, keys_B, controls: Controls):
    """One step of sampling: the step before -> the next one, [B, ...]."""
    e_BxE = self.head.embed(prev_BxC)
    carry, h_BxH = self.net.step(carry, jnp.where(begun, e_BxE, 0))
    return carry, self.head.sample(h_BxH, prev_BxC, keys_B, controls)


def delay(x_BxTxC):
  """Shifts time by one step; zeros stand before the beginning."""
  return jnp.pad(x_BxTxC, [(0, 0), (1, 0)] + [(0, 0)] * (x_BxTxC.ndim - 2))[
      :, :-1
  ]


def row_keys(rng, row_B):
  """One key per row, the same whichever device or microbatch it is on."""
  return jax.vmap(jax.random.fold_in, (None, 0))(rng, row_B)


def autoregressive(
    net: nn.Module, head: nn.Module, shape: tuple[int, ...]
) -> Model:
  """A Model of music whose steps have `shape`.

  The net exposes `__call__(e, keys) -> (h, carry)`, teacher forced, `start(num)`
  and `step(carry, e)`; scanning `step` equals `__call__`. The loss is the
  negative log-likelihood in nats; its weight the number of steps.
  """
  module = Sequence(net, head)

  def init(rng, batch):
    return module.init(rng, batch['x'], method='log_prob')['params']

  def loss(params, batch, rng, *, step, train):
    del step
    keys_B = row_keys(rng, batch['row']) if train else None
    variables = {'params': params}
    parts = module.apply(variables, batch['x'], keys_B, method='log_prob')
    mask_BxT = batch['mask']
    sums = {f'nll_{k}': -(v * mask_BxT).sum() for k, v in parts.items()}
    return {'loss': sum(sums.values())} | sums, mask_BxT.sum()

  def sample(params, keys_N, length, controls):
    variables = {'params': params}
    num = keys_N.shape[0]

    def step(carry, t):
      state, prev_NxC = carry
      now_N = jax.vmap(jax.random.fold_in, (0, None))(keys_N, t)
      state, x_NxC = module.apply(
          variables, state, prev_NxC, t > 0, now_N, controls, method='step'
      )
      if controls.given is not None:
        x_NxC = jnp.where(controls.known[t], controls.given[:, t], x_NxC)
      return (state, x_NxC), x_NxC

    state = module.apply(variables, num, method='start')
    first = jnp.zeros((num, *shape), jnp.int32)
    _, x_TxNxC = jax.lax.scan(step, (state, first), jnp.arange(length))
    return jnp.swapaxes(x_TxNxC, 0, 1)

  return Model(init, loss, sample)
