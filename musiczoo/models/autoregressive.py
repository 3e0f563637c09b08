"""Autoregressive models: a causal net under a head."""

from typing import NamedTuple

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.errors import UserError
from musiczoo.models.accuracy import squared
from musiczoo.models.candidates import Candidates
from musiczoo.models.model import ExportableModel, Forward, no_metrics, outputs
from musiczoo.music.annotations import COLUMNS
from musiczoo.music.spec import Spec
from musiczoo.nn.chroma import Chroma, HALF_LIVES
from musiczoo.nn.conditioning import ConditionEmbedding, Conditioning
from musiczoo.nn.dropout import kept
from musiczoo.nn.heads import Controls
from musiczoo.nn.keys import fold, row_keys
from musiczoo.nn.recurrent import Recurrent
from musiczoo.nn.shift import delay

_MASK = 1 << 18  # Lower numbers are of the net, the conditions and the head.


def autoregressive(
  net: nn.Module,
  head: nn.Module,
  spec: Spec,
  conditioning: Conditioning = Conditioning(),
  dtype: jnp.dtype = jnp.float32,
  word_dropout: float = 0.0,
  chroma: bool = False,
) -> ExportableModel:
  """A Model of x of any kind, with conditions.

  The net exposes `__call__(e, keys) -> (h, carry)`, teacher forced, `start(num)`
  and `step(carry, e)`; scanning `step` equals `__call__`. The loss is the
  negative log-likelihood in nats; its weight the number of steps. `rows(carry,
  index)` are rows of a carry.

  Args:
    word_dropout: rate at which the previous step is hidden from the net in
      training (Bowman et al. 2016); the head always has it.
    chroma: whether the head is also given the `Chroma` of the past; of voices only.
  """
  if chroma and spec.kind != 'voices':
    raise UserError(
      f'model.chroma=True is of voices, not {spec.kind}: leave it out, or set '
      '--config.representation.name=voices'
    )
  conditions = (
    ConditionEmbedding(conditioning, dtype) if conditioning.columns else None
  )
  past = None
  if chroma:
    past = Chroma(tuple(n * spec.steps_per_quarter for n in HALF_LIVES))
  module = AutoregressiveNet(net, head, conditions, word_dropout, past)
  parts = _Autoregressive(module, spec)
  return ExportableModel(
    parts.init,
    parts.loss,
    parts.sample,
    metrics=parts.metrics if spec.is_audio else no_metrics,
    forward=Forward(parts.inputs, parts.forward),
    controls=(*head.controls, 'given')
    + ('parts',) * (spec.kind == 'voices')
    + ('cond',) * bool(conditioning.columns)
    + ('phrase_candidates',) * spec.is_grid,
  )


class AutoregressiveNet(nn.Module):
  """p(x) = prod_t p(x_t | x_<t): the net encodes the past, the head predicts x_t.

  Where there are conditions the net also takes an embedding of those of step t.

  Attributes:
    word_dropout: rate at which steps are hidden from the net in training.
    chroma: given to the head beside the net's output.
  """

  net: nn.Module
  head: nn.Module
  conditions: nn.Module | None = None
  word_dropout: float = 0.0
  chroma: Chroma | None = None

  def log_prob(self, x_BxTxC, cond=None, keys_B=None):
    """Log probability in nats of every step, by part: dict of [B, T]."""
    h_BxTxH, _ = self.net(self.inputs(x_BxTxC, cond, keys_B), keys=keys_B)
    before_BxTxC = delay(x_BxTxC)
    h_BxTxH, _ = self._with_chroma(h_BxTxH, before_BxTxC)
    return self.head.log_prob(h_BxTxH, x_BxTxC, before_BxTxC, keys_B)

  def forward(self, before_BxTxC, x_BxTxC, cond=None, chroma=None, **carry):
    """Logits of every decision, log probabilities of x, the carry and the chroma.

    Args:
      before_BxTxC: the step before each of x; -1 where there is none.
      chroma: of the steps before those; None: of none.
      **carry: of the net after the step before; none: the initial one.
    """
    begun_BxT = (before_BxTxC >= 0).reshape(*before_BxTxC.shape[:2], -1).all(-1)
    before_BxTxC = jnp.maximum(before_BxTxC, 0)
    e_BxTxE = self.head.embed(before_BxTxC) * begun_BxT[..., None]
    h_BxTxH, after = self.net(self.conditioned(e_BxTxE, cond), **carry)
    h_BxTxH, chroma = self._with_chroma(h_BxTxH, before_BxTxC, chroma)
    decisions = h_BxTxH, x_BxTxC, before_BxTxC
    log_p = self.head.log_prob(*decisions)
    return self.head.logits(*decisions), log_p, after, chroma

  def forced(self, x_BxTxC, cond=None):
    """The likeliest of each step, given all true steps before it: [B, T, ...]."""
    h_BxTxH, _ = self.net(self.inputs(x_BxTxC, cond))
    h_BxTxH, _ = self._with_chroma(h_BxTxH, delay(x_BxTxC))
    return likeliest(self.head, h_BxTxH, x_BxTxC)

  def start(self, num: int):
    """The state before the first step: the net's carry and the chroma."""
    chroma = None if self.chroma is None else self.chroma.start(num)
    return self.net.start(num), chroma

  def rows(self, state, index):
    """The state of some of its rows."""
    carry, chroma = state
    if chroma is not None:
      chroma = self.chroma.rows(chroma, index)
    return self.net.rows(carry, index), chroma

  def step(self, state, prev_BxC, begun, cond, keys_B, controls: Controls):
    """One step of sampling.

    Args:
      controls: `given` and `known` are those of this step, [B, ...].

    Returns:
      state; the step after `prev_BxC`, [B, ...]; its log probability in nats.
    """
    carry, chroma = state
    e_BxE = jnp.where(begun, self.head.embed(prev_BxC), 0)
    carry, h_BxH = self.net.step(carry, self.conditioned(e_BxE, cond))
    h_Bx1xH, chroma = self._with_chroma(
      h_BxH[:, None], prev_BxC[:, None], chroma
    )
    h_BxH = h_Bx1xH[:, 0]
    x_BxC = self.head.sample(h_BxH, prev_BxC, keys_B, controls)
    if controls.given is not None:
      x_BxC = jnp.where(controls.known, controls.given, x_BxC)
    log_p = self.head.log_prob(h_BxH, x_BxC, prev_BxC)
    return (carry, chroma), x_BxC, sum(log_p.values())

  def _with_chroma(self, h_BxTxH, before_BxTxC, chroma=None):
    """What the head is given of the past, and the chroma after it."""
    if self.chroma is None:
      return h_BxTxH, None
    features, chroma = self.chroma(before_BxTxC, chroma)
    features = features.astype(h_BxTxH.dtype)
    return jnp.concatenate([h_BxTxH, features], axis=-1), chroma

  def inputs(self, x_BxTxC, cond=None, keys_B=None):
    """The input of the net at each step, teacher forced: [B, T, E]."""
    e_BxTxE = delay(self.head.embed(x_BxTxC))
    if keys_B is not None and self.word_dropout:
      steps = e_BxTxE.shape[1]
      e_BxTxE *= kept(keys_B, _MASK, self.word_dropout, (steps, 1))
    return self.conditioned(e_BxTxE, cond, keys_B)

  def conditioned(self, e, cond, keys_B=None):
    """Embeddings of steps beside those of the conditions."""
    if self.conditions is None:
      return e
    return jnp.concatenate([e, self.conditions(cond, keys_B)], axis=-1)


class _Autoregressive(NamedTuple):
  """The functions of the Model of a net."""

  module: AutoregressiveNet
  spec: Spec

  def init(self, rng, batch):
    x, cond = batch['x'], batch.get('cond')
    return self.module.init(rng, x, cond, method='log_prob')['params']

  def loss(self, params, batch, rng, *, step, train):
    del step
    keys_B = row_keys(rng, batch['row']) if train else None
    x, cond, mask_BxT = batch['x'], batch.get('cond'), batch['mask']
    parts = self._apply(params, 'log_prob', x, cond, keys_B)
    sums = {f'nll_{k}': -(v * mask_BxT).sum() for k, v in parts.items()}
    nll = sum(sums.values())
    return {'loss': nll, 'nll': nll} | sums, mask_BxT.sum()

  def sample(self, params, keys, length, controls):
    """See `Model.sample`; keys [N, K] sample K candidates of each phrase."""
    spec, is_conditioned = self.spec, self.module.conditions is not None
    group = Candidates(*keys.shape) if keys.ndim == 2 else None
    keys_N = keys.reshape(-1)
    if group is not None:
      controls = group.repeat(controls)
    num = keys_N.shape[0]

    def step(carry, t):
      state, prev_NxC, time_N, tally = carry
      cond = conditions_at(controls.cond, time_N) if is_conditioned else None
      now = prev_NxC, t > 0, cond, fold(keys_N, t), controls_at(controls, t)
      state, x_NxC, log_p_N = self._apply(params, 'step', state, *now)
      steps = (
        1
        if spec.steps_per_token is None
        else jnp.asarray(spec.steps_per_token)[x_NxC]
      )
      if group is None:
        return (state, x_NxC, time_N + steps, tally), (x_NxC, ())
      kept_N, tally, chosen = group.select(
        *(tally, log_p_N, x_NxC, prev_NxC, cond, t, length, spec)
      )
      state = self.module.rows(state, kept_N)
      return (state, x_NxC[kept_N], time_N + steps, tally), (x_NxC, chosen)

    state = self._apply(params, 'start', num)
    first = jnp.zeros((num, *spec.shape), spec.sample_dtype)
    tally = None if group is None else group.tally()
    _, (x_TxNxC, chosen) = jax.lax.scan(
      step, (state, first, jnp.zeros(num, jnp.int32), tally), jnp.arange(length)
    )
    if group is not None:
      x_TxNxC = group.trace(x_TxNxC, chosen)
    return jnp.swapaxes(x_TxNxC, 0, 1)

  def metrics(self, params, batch, rng):
    del rng
    x, cond = batch['x'], batch.get('cond')
    guess_BxTxC = self._apply(params, 'forced', x, cond)
    return {'mse_per_frame': squared(guess_BxTxC, x, batch['mask'])}

  def inputs(self, num, steps):
    """The inputs of `forward`."""
    net = self.module.net
    x = jax.ShapeDtypeStruct((num, steps, *self.spec.shape), jnp.int32)
    inputs = {'before': x, 'x': x}
    if self.module.conditions is not None:
      shape = num, steps, len(COLUMNS)
      inputs['cond'] = jax.ShapeDtypeStruct(shape, jnp.int32)
    if isinstance(net, Recurrent):
      carry = jax.eval_shape(lambda: net.start(1))
      shape = len(carry), len(carry[0]), num, net.hidden
      inputs['state'] = jax.ShapeDtypeStruct(shape, jnp.float32)
      if self.module.chroma is not None:
        one = jax.eval_shape(lambda: self.module.chroma.start(1))
        shape = num, *one.shape[1:]
        inputs['chroma'] = jax.ShapeDtypeStruct(shape, jnp.float32)
    return inputs

  def forward(self, params, inputs):
    """See `Forward.apply`."""
    if 'state' not in inputs:
      return outputs(*self._forward(params, **inputs)[:2])
    rest = {k: v for k, v in inputs.items() if k != 'state'}
    carry = tuple(map(tuple, inputs['state']))
    *made, carry, chroma = self._forward(params, **rest, carry=carry)
    after = {'state_after': jnp.stack([jnp.stack(s) for s in carry])}
    if chroma is not None:
      after['chroma_after'] = chroma
    return outputs(*made) | after

  def _forward(self, params, before, x, **given):
    return self._apply(params, 'forward', before, x, **given)

  def _apply(self, params, method, *args, **given):
    return self.module.apply({'params': params}, *args, **given, method=method)


def likeliest(head, h_BxTxH, x_BxTxC):
  """The argmax of each step, given h and the true step before: [B, T, ...].

  The voices of a step are predicted one after another.
  """
  flat = lambda a: a.reshape(-1, *a.shape[2:])
  keys = jax.random.split(jax.random.key(0), h_BxTxH[..., 0].size)
  controls = Controls(temperature=0.0)
  x = head.sample(flat(h_BxTxH), flat(delay(x_BxTxC)), keys, controls)
  return x.reshape(x_BxTxC.shape)


def controls_at(controls: Controls, t) -> Controls:
  """The controls of step t: its `given` and `known`, [B, ...]."""
  if controls.given is None:
    return controls
  given = controls.given[:, t]
  known = jnp.broadcast_to(controls.known[t], given.shape)
  return controls._replace(given=given, known=known)


def conditions_at(cond_NxSxC, time_N):
  """The conditions at a time of each row; after the last step, its own."""
  last = cond_NxSxC.shape[1] - 1
  rows = jnp.arange(time_N.shape[0])
  return cond_NxSxC[rows, jnp.minimum(time_N, last)]
