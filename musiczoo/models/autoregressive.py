"""Autoregressive models: a causal net under a head."""

import functools
from typing import NamedTuple

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.errors import UserError
from musiczoo.models.accuracy import squared
from musiczoo.models.autoregressive_net import AutoregressiveNet, Known
from musiczoo.models.candidates import Candidates
from musiczoo.models.cells import fits
from musiczoo.models.compound_net import CompoundNet
from musiczoo.models.melody_candidates import MelodyCandidates
from musiczoo.models.model import (
  ExportableModel,
  Forward,
  Model,
  no_metrics,
  outputs,
)
from musiczoo.models.random_known import random_known
from musiczoo.music.annotations import COLUMNS
from musiczoo.music.spec import Spec
from musiczoo.nn.cell_encoder import CellEncoder
from musiczoo.nn.chroma import Chroma, HALF_LIVES
from musiczoo.nn.clock import clock as make_clock
from musiczoo.nn.conditioning import ConditionEmbedding, Conditioning
from musiczoo.nn.degrees import Degrees
from musiczoo.nn.heads import Controls
from musiczoo.nn.heads.categorical import WithLogits
from musiczoo.nn.keys import fold, row_keys
from musiczoo.nn.look_back import LookBack
from musiczoo.nn.recurrent import Recurrent

# Conditions that say where in the form a step is, and where on what it closes.
FORM = 'position', 'meter', 'bar'
CLOSING = *FORM, 'key'

_KNOWN = 1 << 20  # Lower numbers are of the net and its parts.


def autoregressive(
  net: nn.Module,
  head: nn.Module,
  spec: Spec,
  conditioning: Conditioning = Conditioning(),
  dtype: jnp.dtype = jnp.float32,
  word_dropout: float = 0.0,
  chroma: bool = False,
  ahead: CellEncoder | None = None,
  look_back: int = 0,
  degrees: int = 0,
) -> Model:
  """A Model of x of any kind, with conditions.

  The net exposes `__call__(e, keys) -> (h, carry)`, teacher forced, `start(num)`
  and `step(carry, e)`; scanning `step` equals `__call__`. The loss is the
  negative log-likelihood in nats; its weight the number of steps. `rows(carry,
  index)` are rows of a carry.

  Args:
    word_dropout: rate at which the previous step is hidden from the net in
      training (Bowman et al. 2016); the head always has it.
    chroma: whether the head is also given the `Chroma` of the past; of voices only.
    ahead: encodes known cells, before and after a step, for net and head: any may
      be given then; of voices only. Such a model is not exportable: its net takes a
      piece as a whole.
    look_back: units in which the net is given what each of `look_back.BARS` had;
      of melodies, with the conditions `FORM`.
    degrees: units in which it is given degrees above the tonic; of melodies,
      with the conditions `CLOSING`.
  """
  given = {'chroma': chroma, 'look_back': look_back, 'degrees': degrees}
  _check_given(given, spec, conditioning)
  conditions = (
    ConditionEmbedding(conditioning, dtype) if conditioning.columns else None
  )
  if spec.kind == 'compound':
    if word_dropout:
      raise UserError(
        'model.word_dropout is not of compound rows: set '
        '--config.model.word_dropout=0'
      )
    module = CompoundNet(net, head, conditions)
  else:
    parts = _parts(given, spec, dtype)
    if look_back or degrees:
      head = WithLogits.of(head)
    module = AutoregressiveNet(
      net, head, conditions, word_dropout, ahead=ahead, **parts
    )
  parts = _Autoregressive(module, spec)
  controls = (
    (*head.controls, 'given')
    + ('parts',) * (spec.kind in ('voices', 'compound'))
    + ('known',) * (ahead is not None or spec.kind == 'compound')
    + ('cond',) * bool(conditioning.columns)
    + ('phrase_candidates',)
    * (spec.is_grid or _has_closings(spec, conditioning))
  )
  functions = parts.init, parts.loss, parts.sample, controls
  if ahead is not None or spec.kind == 'compound':
    return Model(*functions)
  return ExportableModel(
    *functions,
    metrics=parts.metrics if spec.is_audio else no_metrics,
    forward=Forward(parts.inputs, parts.forward),
  )


def _check_given(given, spec, conditioning):
  """Refuses what the net cannot be given of such music and conditions."""
  if given['chroma'] and spec.kind != 'voices':
    raise UserError(
      f'model.chroma=True is of voices, not {spec.kind}: leave it out, or set '
      '--config.representation.name=voices'
    )
  has = _columns(conditioning)
  for option, needed in (
    ('look_back', FORM),
    ('degrees', CLOSING),
  ):
    if not given[option]:
      continue
    if not spec.is_melody:
      raise UserError(
        f'model.{option} is of melodies, not {spec.kind}: set '
        f'--config.model.{option}=0 or --config.representation.name=melody'
      )
    if missing := [name for name in needed if name not in has]:
      raise UserError(
        f'model.{option} needs conditions: add {",".join(missing)} to '
        '--config.conditions.columns'
      )


def _has_closings(spec, conditioning):
  """Whether candidates of phrases can be compared by how they close."""
  return spec.is_melody and _columns(conditioning).issuperset(CLOSING)


def _columns(conditioning):
  """The names of condition columns."""
  names = list(COLUMNS)
  return {names[place] for place, _ in conditioning.columns}


def _parts(given, spec, dtype):
  """The modules of what the net is given."""
  grid, depth, found = spec.steps_per_quarter, spec.depth, {}
  if given['chroma']:
    found['chroma'] = Chroma(tuple(n * grid for n in HALF_LIVES))
  if units := given['look_back']:
    found['look_back'] = LookBack(grid, depth, units, dtype)
  if units := given['degrees']:
    found['degrees'] = Degrees(depth, units, dtype)
  return found


class _Autoregressive(NamedTuple):
  """The functions of the Model of a net."""

  module: AutoregressiveNet | CompoundNet
  spec: Spec

  @property
  def ahead(self) -> CellEncoder | None:
    """What encodes known cells ahead, if the net has that."""
    return getattr(self.module, 'ahead', None)

  def init(self, rng, batch):
    known = self._known(batch, None)
    inputs = batch['x'], batch.get('cond'), None, known
    return self.module.init(rng, *inputs, method='log_prob')['params']

  def loss(self, params, batch, rng, *, step, train):
    del step
    keys_B = row_keys(rng, batch['row']) if train else None
    x, cond, mask_BxT = batch['x'], batch.get('cond'), batch['mask']
    known = self._known(batch, keys_B)
    parts = self._apply(params, 'log_prob', x, cond, keys_B, known)
    sums = {f'nll_{k}': -(v * mask_BxT).sum() for k, v in parts.items()}
    nll = sum(sums.values())
    return {'loss': nll, 'nll': nll} | sums, mask_BxT.sum()

  def _known(self, batch, keys_B):
    """The cells that are known in training; without keys none is."""
    if self.ahead is None:
      return None
    x_BxTxV = batch['x'].astype(jnp.int32)
    # Padding is what comes after all that counts.
    real_BxT = jax.lax.cummax(batch['mask'], axis=1, reverse=True) > 0
    is_known = jnp.zeros(x_BxTxV.shape, bool)
    if keys_B is not None:
      draw = jax.vmap(random_known, (0, 0, None))
      is_known = draw(fold(keys_B, _KNOWN), real_BxT, self.ahead.voices)
    return Known(x_BxTxV, is_known, real_BxT)

  def sample(self, params, keys, length, controls):
    """See `Model.sample`; keys [N, K] sample K candidates of each phrase."""
    spec = self.spec
    group = None
    if keys.ndim == 2:
      kind = MelodyCandidates if spec.is_melody else Candidates
      group = kind(*keys.shape)
    known = None
    if self.ahead is not None:
      shape = keys.shape[0], length, *spec.shape
      if controls.given is None:
        none = jnp.zeros(shape, jnp.int32), jnp.zeros(shape[1:], bool)
        # Else XLA takes seconds to compute in advance what follows from them.
        given, is_known = jax.lax.optimization_barrier(none)
        controls = controls._replace(given=given, known=is_known)
      is_known = jnp.broadcast_to(controls.known, shape)
      known = Known(controls.given, is_known, jnp.ones(shape[:2], bool))
    context = self._apply(params, 'context', controls.cond, known)
    keys_N = keys.reshape(-1)
    piece_N = jnp.arange(keys.shape[0])
    if group is not None:
      controls, piece_N = group.repeat(controls), group.rows(piece_N)
    num = keys_N.shape[0]
    clock = make_clock(spec)

    def at(time_N, a):
      """The row of each at its time; after the last step, that of the last."""
      return a[piece_N, jnp.minimum(time_N, a.shape[1] - 1)]

    def step(carry, t):
      state, prev_NxC, ticks, tally = carry
      around = jax.tree.map(functools.partial(at, ticks[0]), context)
      now = (
        prev_NxC,
        t > 0,
        around,
        fold(keys_N, t),
        self._controls_at(controls, t),
      )
      state, x_NxC, log_p_N = self._apply(params, 'step', state, *now)
      after = clock.tick(ticks, x_NxC)
      if group is None:
        return (state, x_NxC, after, tally), (x_NxC, ())
      cond = None
      if self.module.conditions is not None:
        cond = conditions_at(controls.cond, ticks[0])
      kept_N, tally, chosen = group.select(
        *(tally, log_p_N, x_NxC, prev_NxC, cond, t, length, spec)
      )
      state = self.module.rows(state, kept_N)
      return (state, x_NxC[kept_N], after, tally), (x_NxC, chosen)

    state = self._apply(params, 'start', num, length)
    first = jnp.zeros((num, *spec.shape), spec.sample_dtype)
    tally = None
    if group is not None:
      tally = group.tally(None if known is None else known.chroma())
    carry = state, first, clock.start(num), tally
    if spec.end_token is not None:
      most = None if controls.cond is None else controls.cond.shape[1]
      return self._until_end(step, carry, length, most)
    _, (x_TxNxC, chosen) = jax.lax.scan(step, carry, jnp.arange(length))
    if group is not None:
      x_TxNxC = group.trace(x_TxNxC, chosen)
    return jnp.swapaxes(x_TxNxC, 0, 1)

  def _until_end(self, step, carry, length, most):
    """Rows [N, length, ...] until all pieces have ended, then end tokens.

    Args:
      step: as of `jax.lax.scan`, (carry, t) -> (carry, (rows, ())).
      most: steps of the grid after which a piece has ended, too, or None.
    """
    spec, first_N = self.spec, carry[1]
    end = jnp.zeros(spec.shape, jnp.int32)
    end = end.at[:1].set(spec.end_token) if spec.shape else end + spec.end_token
    # Their sizes may be symbols, in an export.
    x_TxNxC = jnp.broadcast_to(end, (length, *first_N.shape))

    def goes_on(loop):
      _, _, t, ended_N = loop
      return (t < jnp.asarray(length)) & ~ended_N.all()

    def body(loop):
      carry, x_TxNxC, t, ended_N = loop
      carry, (x_NxC, _) = step(carry, t)
      # A piece stays as it is while others go on.
      is_end = ended_N.reshape(-1, *[1] * (x_NxC.ndim - 1))
      x_TxNxC = x_TxNxC.at[t].set(jnp.where(is_end, end, x_NxC))
      ended_N |= spec.has_ended(x_NxC)
      if most is not None:
        ended_N |= carry[2][0] >= jnp.asarray(most)
      return carry, x_TxNxC, t + 1, ended_N

    ended_N = jnp.zeros(first_N.shape[0], bool)
    loop = carry, x_TxNxC, jnp.zeros((), jnp.int32), ended_N
    return jnp.swapaxes(jax.lax.while_loop(goes_on, body, loop)[1], 0, 1)

  def _controls_at(self, controls: Controls, t) -> Controls:
    """The controls of step t, with `given` and `known` [B, ...]."""
    if controls.given is None or self.spec.kind == 'compound':
      return controls
    given_B, known = controls.given[:, t], controls.known[t]
    known_B = jnp.broadcast_to(known, given_B.shape)
    controls_t = controls._replace(given=given_B, known=known_B)
    if self.ahead is None:
      return controls_t
    last = controls.known.shape[0] - 1
    after = controls.given[:, jnp.minimum(t + 1, last)]
    is_known = controls.known[jnp.minimum(t + 1, last)] & (t < last)
    now_BxTxV = jnp.stack([given_B, after], axis=1)
    known_BxTxV = jnp.broadcast_to(is_known, now_BxTxV.shape)
    head = self.module.head
    allowed = fits(now_BxTxV, known_BxTxV, head.depth, head.onsets)
    return controls_t._replace(allowed=allowed[:, 0])

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
      if self.module.look_back is not None:
        shape = num, self.module.look_back.steps
        inputs['past'] = jax.ShapeDtypeStruct(shape, jnp.int32)
    return inputs

  def forward(self, params, inputs):
    """See `Forward.apply`."""
    if 'state' not in inputs:
      return outputs(*self._forward(params, **inputs)[:2])
    rest = {k: v for k, v in inputs.items() if k != 'state'}
    carry = tuple(map(tuple, inputs['state']))
    *made, carry, chroma, past = self._forward(params, **rest, carry=carry)
    after = {'state_after': jnp.stack([jnp.stack(s) for s in carry])}
    if chroma is not None:
      after['chroma_after'] = chroma
    if past is not None:
      after['past_after'] = past
    return outputs(*made) | after

  def _forward(self, params, before, x, **given):
    return self._apply(params, 'forward', before, x, **given)

  def _apply(self, params, method, *args, **given):
    return self.module.apply({'params': params}, *args, **given, method=method)


def conditions_at(cond_NxSxC, time_N):
  """The conditions at a time of each row; after the last step, its own."""
  last = cond_NxSxC.shape[1] - 1
  rows = jnp.arange(time_N.shape[0])
  return cond_NxSxC[rows, jnp.minimum(time_N, last)]
