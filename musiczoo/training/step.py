"""A Model and an optimizer -> the one train step of all families."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from musiczoo.models.model import Model


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
      # A copy, for the state is donated and no buffer may be so twice.
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
  devices of `axis`, and divided once: with unequal masks a mean of means would
  weigh the same note differently on different machines.

  With `shards` the batch is cut into so many parts, be there fewer devices or
  as many: each is gone through by itself, all gather the totals of all, and
  add them up in the order of the parts. So are the bits the same on any number
  of devices; it takes the memory of as many gradients.

  Where the loss or the gradient is not finite the state stays as it was, and
  `metrics['finite']` says so.
  """

  def gradients(params, batch, rng, step):
    def objective(params):
      sums, weight = model.loss(params, batch, rng, step=step, train=True)
      return sums['loss'], (sums, weight)

    grads, (sums, weight) = jax.grad(objective, has_aux=True)(params)
    return grads, sums, weight

  def split(batch, parts):
    return jax.tree.map(lambda a: a.reshape(parts, -1, *a.shape[1:]), batch)

  def accumulated(params, batch, rng, step):
    if microbatches == 1:
      return gradients(params, batch, rng, step)
    parts = split(batch, microbatches)
    first = jax.tree.map(lambda a: a[0], parts)
    total = jax.eval_shape(gradients, params, first, rng, step)
    total = jax.tree.map(lambda a: jnp.zeros(a.shape, a.dtype), total)

    def add(total, part):
      return jax.tree.map(
        jnp.add, total, gradients(params, part, rng, step)
      ), ()

    return jax.lax.scan(add, total, parts)[0]

  def over_devices(params, batch, rng, step):
    if not shards:
      totals = accumulated(params, batch, rng, step)
      return totals if axis is None else jax.lax.psum(totals, axis)
    each = shard_by_shard(params, batch, rng, step)
    if axis is not None:
      each = jax.lax.all_gather(each, axis, tiled=True)
    zero = jax.tree.map(lambda a: jnp.zeros(a.shape[1:], a.dtype), each)
    add = lambda total, part: (jax.tree.map(jnp.add, total, part), ())
    return jax.lax.scan(add, zero, each)[0]

  def shard_by_shard(params, batch, rng, step):
    own = shards if axis is None else shards // jax.lax.axis_size(axis)
    # The compiler makes another program of one part, or of a loop of one
    # round, whose last bits would differ: so there are two parts at the least,
    # and only at run time it is told how many are gone through.
    parts = jax.tree.map(
      lambda a: jnp.resize(a, (max(own, 2), *a.shape[1:])), split(batch, own)
    )
    rounds = jnp.where(step < 0, 0, own)

    def totals_of(i):
      part = jax.tree.map(lambda a: a[i], parts)
      return accumulated(params, part, rng, step)

    def put(i, each):
      return jax.tree.map(lambda e, t: e.at[i].set(t), each, totals_of(i))

    each = jax.tree.map(
      lambda t: jnp.zeros((max(own, 2), *t.shape), t.dtype),
      jax.eval_shape(totals_of, 0),
    )
    each = jax.lax.fori_loop(0, rounds, put, each)
    return jax.tree.map(lambda e: e[:own], each)

  def train_step(state: TrainState, batch):
    rng = jax.random.wrap_key_data(state.rng)
    rng = jax.random.fold_in(rng, state.step)
    grads, sums, weight = over_devices(state.params, batch, rng, state.step)
    grads, metrics = jax.tree.map(lambda a: a / weight, (grads, sums))
    norm = optax.tree.norm(grads)
    finite = jnp.isfinite(metrics['loss']) & jnp.isfinite(norm)

    updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
    params = optax.apply_updates(state.params, updates)
    ema = state.ema
    if ema is not None:
      # Early on a long average would still hear the random start.
      age = (1.0 + state.step) / (10.0 + state.step)
      decay = jnp.minimum(ema_decay, age)
      ema = jax.tree.map(lambda e, p: e + (1 - decay) * (p - e), ema, params)
    after = TrainState(state.step + 1, params, ema, opt_state, state.rng)
    state = jax.tree.map(lambda a, b: jnp.where(finite, a, b), after, state)
    return state, metrics | {'grad_norm': norm, 'finite': finite}

  return train_step


def make_train_steps(train_step):
  """Returns train_steps(state, batches, num): many steps in one dispatch.

  `batches` hold K batches along a first axis; the first `num` <= K are taken.
  One program serves every `num`, so nothing is compiled again at the end of a
  run; a step that is not finite is the last. Metrics come as arrays of [K].
  """

  def train_steps(state, batches, num):
    def batch_of(i):
      return jax.tree.map(lambda a: a[i], batches)

    like = jax.eval_shape(train_step, state, batch_of(0))[1]
    size = jax.tree.leaves(batches)[0].shape[0]
    history = jax.tree.map(lambda a: jnp.zeros((size,), a.dtype), like)

    def more(carry):
      i, _, history = carry
      return (i < num) & ((i == 0) | history['finite'][i - 1])

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
  """Returns evaluate_step(params, batch) -> what it is of each row alone.

  Args:
    function: (params, batch, rng) -> arrays; theirs stand along a first axis
      of rows then.
  """

  def evaluate_row(params, row):
    one = jax.tree.map(lambda a: a[None], row)
    return function(params, one, jax.random.key(0))

  def evaluate_step(params, batch):
    rows = jax.vmap(evaluate_row, (None, 0))(params, batch)
    return rows if axis is None else jax.lax.all_gather(rows, axis, tiled=True)

  return evaluate_step


def eval_params(state: TrainState):
  """The parameters to evaluate and to sample from: the average if one is kept."""
  return state.params if state.ema is None else state.ema
