"""Autoregressive models: a causal net under a head."""

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.models.model import ExportableModel, Forward, no_metrics
from musiczoo.models.squared_error import squared
from musiczoo.music.annotations import COLUMNS
from musiczoo.music.spec import Spec
from musiczoo.nn.conditioning import ConditionEmbedding, Conditioning
from musiczoo.nn.heads import Controls
from musiczoo.nn.recurrent import Recurrent


class Sequence(nn.Module):
  """p(x) = prod_t p(x_t | x_<t): the net encodes the past, the head predicts x_t.

  Where there are conditions the net also embeds those of step t itself.
  """

  net: nn.Module
  head: nn.Module
  told: nn.Module | None = None

  def log_prob(self, x_BxTxC, cond=None, keys_B=None):
    """Log probability in nats of every step, by part: dict of [B, T]."""
    e_BxTxE = delay(self.head.embed(x_BxTxC))
    h_BxTxH, _ = self.net(self._join(e_BxTxE, cond, keys_B), keys=keys_B)
    return self.head.log_prob(h_BxTxH, x_BxTxC, delay(x_BxTxC))

  def forward(self, before_BxTxC, x_BxTxC, cond=None, **carry):
    """Logits of every decision, the log probabilities of x, and the carry.

    Args:
      before_BxTxC: the step before each of x; -1 where there is none.
      **carry: of the net after the step before; none: the initial one.
    """
    begun_BxT = (before_BxTxC >= 0).reshape(*before_BxTxC.shape[:2], -1).all(-1)
    before_BxTxC = jnp.maximum(before_BxTxC, 0)
    e_BxTxE = self.head.embed(before_BxTxC) * begun_BxT[..., None]
    h_BxTxH, after = self.net(self._join(e_BxTxE, cond), **carry)
    log_p = self.head.log_prob(h_BxTxH, x_BxTxC, before_BxTxC)
    return self.head.choices(h_BxTxH, x_BxTxC), log_p, after

  def forced(self, x_BxTxC, cond=None):
    """The likeliest of each step, given all true steps before it: [B, T, ...]."""
    h_BxTxH, _ = self.net(self._join(delay(self.head.embed(x_BxTxC)), cond))
    return likeliest(self.head, h_BxTxH, x_BxTxC)

  def start(self, num: int):
    return self.net.start(num)

  def step(self, carry, prev_BxC, begun, cond, keys_B, controls: Controls):
    """One step of sampling: the step before -> the next one, [B, ...]."""
    e_BxE = jnp.where(begun, self.head.embed(prev_BxC), 0)
    carry, h_BxH = self.net.step(carry, self._join(e_BxE, cond))
    return carry, self.head.sample(h_BxH, prev_BxC, keys_B, controls)

  def _join(self, e, cond, keys_B=None):
    if self.told is None:
      return e
    return jnp.concatenate([e, self.told(cond, keys_B)], axis=-1)


def delay(x_BxTxC):
  """Shifts time by one step; zeros stand before the beginning."""
  return jnp.pad(x_BxTxC, [(0, 0), (1, 0)] + [(0, 0)] * (x_BxTxC.ndim - 2))[
    :, :-1
  ]


def likeliest(head, h_BxTxH, x_BxTxC):
  """The argmax of each step, given h and the true step before: [B, T, ...].

  The voices of a step are predicted one after another.
  """
  flat = lambda a: a.reshape(-1, *a.shape[2:])
  keys = jax.random.split(jax.random.key(0), h_BxTxH[..., 0].size)
  x = head.sample(
    flat(h_BxTxH), flat(delay(x_BxTxC)), keys, Controls(temperature=0.0)
  )
  return x.reshape(x_BxTxC.shape)


def row_keys(rng, row_B):
  """One key per row, the same whichever device or microbatch it is on."""
  return jax.vmap(jax.random.fold_in, (None, 0))(rng, row_B)


def autoregressive(
  net: nn.Module,
  head: nn.Module,
  spec: Spec,
  conditioning: Conditioning = Conditioning(),
  dtype: jnp.dtype = jnp.float32,
) -> ExportableModel:
  """A Model of x of any kind, with conditions.

  The net exposes `__call__(e, keys) -> (h, carry)`, teacher forced, `start(num)`
  and `step(carry, e)`; scanning `step` equals `__call__`. The loss is the
  negative log-likelihood in nats; its weight the number of steps.
  """
  told = (
    ConditionEmbedding(conditioning, dtype) if conditioning.columns else None
  )
  module = Sequence(net, head, told)
  is_sound = spec.kind == 'frames'

  def init(rng, batch):
    x, cond = batch['x'], batch.get('cond')
    return module.init(rng, x, cond, method='log_prob')['params']

  def loss(params, batch, rng, *, step, train):
    del step
    keys_B = row_keys(rng, batch['row']) if train else None
    parts = module.apply(
      {'params': params},
      batch['x'],
      batch.get('cond'),
      keys_B,
      method='log_prob',
    )
    mask_BxT = batch['mask']
    sums = {f'nll_{k}': -(v * mask_BxT).sum() for k, v in parts.items()}
    nll = sum(sums.values())
    return {'loss': nll, 'nll': nll} | sums, mask_BxT.sum()

  def sample(params, keys_N, length, controls):
    variables = {'params': params}
    num = keys_N.shape[0]

    def step(carry, t):
      state, prev_NxC, time_N = carry
      now_N = jax.vmap(jax.random.fold_in, (0, None))(keys_N, t)
      cond = None if told is None else conditions_at(controls.cond, time_N)
      state, x_NxC = module.apply(
        variables,
        state,
        prev_NxC,
        t > 0,
        cond,
        now_N,
        controls,
        method='step',
      )
      if controls.given is not None:
        x_NxC = jnp.where(controls.known[t], controls.given[:, t], x_NxC)
      moved = (
        1
        if spec.steps_per_token is None
        else jnp.asarray(spec.steps_per_token)[x_NxC]
      )
      return (state, x_NxC, time_N + moved), x_NxC

    state = module.apply(variables, num, method='start')
    first = jnp.zeros((num, *spec.shape), spec.sample_dtype)
    begin = state, first, jnp.zeros(num, jnp.int32)
    _, x_TxNxC = jax.lax.scan(step, begin, jnp.arange(length))
    return jnp.swapaxes(x_TxNxC, 0, 1)

  def figures(params, batch, rng):
    del rng
    guess_BxTxC = module.apply(
      {'params': params}, batch['x'], batch.get('cond'), method='forced'
    )
    return {'mse_per_frame': squared(guess_BxTxC, batch['x'], batch['mask'])}

  carries = isinstance(net, Recurrent)

  def inputs(num, steps):
    x = jax.ShapeDtypeStruct((num, steps, *spec.shape), jnp.int32)
    given = {'before': x, 'x': x}
    if told is not None:
      shape = num, steps, len(COLUMNS)
      given['cond'] = jax.ShapeDtypeStruct(shape, jnp.int32)
    if carries:
      carry = jax.eval_shape(lambda: net.start(1))
      shape = len(carry), len(carry[0]), num, net.hidden
      given['state'] = jax.ShapeDtypeStruct(shape, jnp.float32)
    return given

  def forward(params, given):
    given = dict(given)
    if carries:
      given['carry'] = tuple(map(tuple, given.pop('state')))
    logits, log_p, carry = module.apply(
      {'params': params},
      given.pop('before'),
      given.pop('x'),
      **given,
      method='forward',
    )
    after = jnp.stack([jnp.stack(s) for s in carry]) if carries else None
    state = {'state_after': after} if carries else {}
    return named(logits, log_p) | state

  return ExportableModel(
    init,
    loss,
    sample,
    metrics=figures if is_sound else no_metrics,
    forward=Forward(inputs, forward),
    controls=(*head.controls, 'given') + ('cond',) * (told is not None),
  )


def named(logits, log_p):
  """The logits and log probabilities of a head, as outputs of a `Forward`."""
  return {f'logits_{k}': v for k, v in logits.items()} | {
    f'log_prob_{k}': v for k, v in log_p.items()
  }


def conditions_at(cond_NxSxC, time_N):
  """The conditions at a time of each row; after the last step, its own."""
  last = cond_NxSxC.shape[1] - 1
  rows = jnp.arange(time_N.shape[0])
  return cond_NxSxC[rows, jnp.minimum(time_N, last)]
