"""The train step of all families, and the evaluation step."""

import functools
import operator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from musiczoo.models.model import Model
from musiczoo.training import parallel


class TrainState(NamedTuple):
  """All that training carries from step to step. Arrays only.

  Attributes:
    step: int32, steps taken.
    params: float32 parameters.
    ema: their moving average, or None where none is kept.
    opt_state: of the optax transformation.
    rng: uint32 [2], key data of the run's noise; the step's number is folded in.
  """

  step: jax.Array
  params: Any
  ema: Any
  opt_state: Any
  rng: jax.Array


def make_init(model: Model, optimizer, *, ema_decay: float = 0.0):
  """Returns init(rng, batch) -> TrainState."""

  def init(rng, batch):
    params_rng, rng = jax.random.split(rng)
    params = model.init(params_rng, batch)
    return TrainState(
      step=jnp.zeros((), jnp.int32),
      params=params,
      # A copy, because the state is donated and no buffer may be so twice.
      ema=jax.tree.map(jnp.copy, params) if ema_decay else None,
      opt_state=optimizer.init(params),
      rng=jax.random.key_data(rng),
    )

  return init


def make_train_step(
  model: Model,
  optimizer,
  *,
  microbatches: int = 1,
  ema_decay: float = 0.0,
  axis: str | None = None,
  shards: int = 0,
):
  """Returns train_step(state, batch) -> (state, metrics).

  Gradients, sums and weight are added up over the microbatches and over the
  devices (see `parallel.sum_over_batch`) and divided once: with unequal masks a
  mean of means would weigh the same note differently on different machines.

  If the loss, the gradient or a new parameter is not finite the state stays as
  it was, and `metrics['finite']` is False.

  Args:
    axis, shards: as of `parallel.sum_over_batch`.
  """
  gradients = _make_gradients(model, microbatches)

  def train_step(state: TrainState, batch):
    rng = jax.random.wrap_key_data(state.rng)
    rng = jax.random.fold_in(rng, state.step)
    grads, sums, weight = parallel.sum_over_batch(
      lambda batch: gradients(state.params, batch, rng, state.step),
      batch,
      state.step,
      axis=axis,
      shards=shards,
    )
    grads, metrics = jax.tree.map(lambda a: a / weight, (grads, sums))
    norm = optax.tree.norm(grads)
    updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
    params = optax.apply_updates(state.params, updates)
    numbers = metrics['loss'], norm, *jax.tree.leaves(params)
    finite = functools.reduce(
      operator.and_, (jnp.isfinite(a).all() for a in numbers)
    )
    ema = state.ema
    if ema is not None:
      # A long average would keep the random initial values for too long.
      age = (1.0 + state.step) / (10.0 + state.step)
      decay = jnp.minimum(ema_decay, age)
      ema = jax.tree.map(lambda e, p: e + (1 - decay) * (p - e), ema, params)
    after = TrainState(state.step + 1, params, ema, opt_state, state.rng)
    state = jax.tree.map(lambda a, b: jnp.where(finite, a, b), after, state)
    return state, metrics | {'grad_norm': norm, 'finite': finite}

  return train_step


def _make_gradients(model, microbatches):
  """(params, batch, rng, step) -> (gradients, sums, weight) of the whole batch."""

  def gradients(params, batch, rng, step):
    def objective(params):
      losses = [
        model.loss(params, part, rng, step=step, train=True)
        for part in parts(batch)
      ]
      sums, weight = jax.tree.map(_add, *losses)
      return sums['loss'], (sums, weight)

    grads, (sums, weight) = jax.grad(objective, has_aux=True)(params)
    return grads, sums, weight

  def accumulated(params, batch, rng, step):
    parts = parallel.split(batch, microbatches)
    of_part = lambda part: gradients(params, part, rng, step)
    like = jax.eval_shape(of_part, jax.tree.map(lambda a: a[0], parts))
    total = jax.tree.map(lambda a: jnp.zeros(a.shape, a.dtype), like)
    add = lambda total, part: (jax.tree.map(jnp.add, total, of_part(part)), ())
    return jax.lax.scan(add, total, parts)[0]

  return gradients if microbatches == 1 else accumulated


def _add(*each):
  return functools.reduce(operator.add, each)


def parts(batch: dict) -> list[dict]:
  """The windows of a batch, then its excerpts, each a batch by itself."""
  excerpts = [value for value in batch.values() if isinstance(value, dict)]
  arrays = {k: v for k, v in batch.items() if not isinstance(v, dict)}
  return [arrays, *excerpts]


def make_train_steps(train_step):
  """Returns train_steps(state, batches, first, num): many steps in one dispatch.

  `batches` hold K batches along a first axis; the first `num` <= K are taken.
  One program serves every `num`, so nothing is compiled again at the end of a
  run; a step that is not finite is the last. So is that of an earlier dispatch:
  the state is then not at the step `first`, and no batch is taken. Metrics are
  arrays of [K].
  """

  def train_steps(state, batches, first, num):
    def batch_of(i):
      return jax.tree.map(lambda a: a[i], batches)

    like = jax.eval_shape(train_step, state, batch_of(0))[1]
    size = jax.tree.leaves(batches)[0].shape[0]
    history = jax.tree.map(lambda a: jnp.zeros((size,), a.dtype), like)

    def more(carry):
      i, state, _ = carry
      # A step that is not finite leaves the state as it was.
      return (i < num) & (state.step == first + i)

    def step(carry):
      i, state, history = carry
      state, metrics = train_step(state, batch_of(i))
      history = jax.tree.map(lambda h, m: h.at[i].set(m), history, metrics)
      return i + 1, state, history

    zero = jnp.zeros((), jnp.int32)
    _, state, history = jax.lax.while_loop(more, step, (zero, state, history))
    return state, history

  return train_steps


def make_evaluate_step(function, *, axis: str | None = None):
  """Returns evaluate_step(params, batch) -> `function` of each row alone.

  Args:
    function: (params, batch, rng) -> arrays; they are stacked along a first
      axis of rows.
  """

  def evaluate_row(params, row):
    one = jax.tree.map(lambda a: a[None], row)
    return function(params, one, jax.random.key(0))

  def evaluate_step(params, batch):
    rows = jax.vmap(evaluate_row, (None, 0))(params, batch)
    return rows if axis is None else jax.lax.all_gather(rows, axis, tiled=True)

  return evaluate_step


def eval_params(state: TrainState):
  """The parameters to evaluate and sample from: the average, if one is kept."""
  return state.params if state.ema is None else state.ema
