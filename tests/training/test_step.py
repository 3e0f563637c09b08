"""The one train step: the same mathematics however it is spread out."""

import dataclasses
import functools
import pathlib
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from musiczoo.models.model import Model
from musiczoo.models.zoo import ZOO
from musiczoo.training import parallel, step as step_lib
from musiczoo.training.optimizers import adamw
from tests import families

# So many steps every program can take, and takes as many as are asked for: one
# program of a kind serves most of these tests.
STEPS = 6
# Cases whose programs are compiled in a few seconds.
FAST = 'unigram', 'rnn', 'lstm', 'gru', 'cnn', 'gru, conditioned', 'orderless'
# Its momentum after a step is the gradient itself.
MOMENTUM = optax.sgd(0.01, momentum=0.9)


@functools.cache
def programs(
  family, *, mode='jit', devices=1, microbatches=1, ema_decay=0.0, shards=0
):
  """(init, train_steps, place) of one kind, compiled once."""
  init = step_lib.make_init(family.model, MOMENTUM, ema_decay=ema_decay)
  step = step_lib.make_train_step(
    family.model,
    MOMENTUM,
    microbatches=microbatches,
    ema_decay=ema_decay,
    axis=parallel.AXIS,
    shards=shards,
  )
  place = parallel.MODES[mode](jax.devices()[:devices])
  train_steps = place.compile(
    step_lib.make_train_steps(step), batch_axis=1, donate=True
  )
  return jax.jit(init), train_steps, place


def trained(family, *, seed=0, steps=1, dispatches=1, batches=None, **kind):
  """State and metrics after some steps, `dispatches` calls of equal length."""
  init, train_steps, place = programs(family, **kind)
  batches = batches or [families.batch(family, seed=i) for i in range(steps)]
  state = init(jax.random.key(seed), batches[0])
  state = place.replicate(jax.device_get(state))
  histories = []
  each = len(batches) // dispatches
  for i in range(dispatches):
    part = batches[i * each : (i + 1) * each]
    filled = families.stack(part + part[:1] * (STEPS - each))
    state, history = train_steps(
      state, filled, np.int32(i * each), np.int32(each)
    )
    histories.append(jax.tree.map(lambda h: h[:each], place.fetch(history)))
  history = jax.tree.map(lambda *h: np.concatenate(h), *histories)
  return place.fetch(state), history


def test_every_family_has_a_case():
  assert {case.family for case in families.CASES.values()} == set(ZOO)


@pytest.fixture(
  scope='module',
  params=[
    pytest.param(name, marks=families.slow_but(name, *FAST))
    for name in families.CASES
  ],
)
def case(request):
  """The name of a case; its programs are dropped before the next one's come."""
  yield request.param
  programs.cache_clear()
  jax.clear_caches()


def equals_one_device(name, mode, devices, microbatches):
  """Asserts that a step on many devices is that of one, to 1e-5 (law 4)."""
  family = families.build(name)
  whole, a = trained(family)
  spread, b = trained(
    family, mode=mode, devices=devices, microbatches=microbatches
  )
  families.close(whole, spread, 1e-5)
  families.close(a, b, 1e-5)


def test_eight_devices_take_the_step_of_one(case):
  equals_one_device(case, 'jit', 8, 1)


def test_one_dispatch_equals_many(case):
  family = families.build(case)
  many, a = trained(family, steps=STEPS, dispatches=STEPS)
  one, b = trained(family, steps=STEPS, dispatches=1)
  families.close(many, one, 1e-6)
  families.close(a, b, 1e-6)


@pytest.mark.slow
def test_seeds_at_once_equal_seeds_in_turn_of_every_family(case):
  seeds_at_once_equal_seeds_in_turn(case)


@pytest.mark.slow
def test_pmap_and_microbatches_take_the_step_of_one(case):
  if case not in ZOO:
    pytest.skip('a family is tried once')
  equals_one_device(case, 'pmap', 4, 2)


@pytest.mark.parametrize(
  'name,mode,devices,microbatches',
  [
    ('vae', 'pmap', 4, 2),
    ('gru', 'jit', 1, 4),
    ('gru', 'jit', 2, 1),
    ('gru', 'pmap', 1, 1),
    ('gru', 'pmap', 8, 1),
  ],
)
def test_a_batch_may_be_cut_anyhow(name, mode, devices, microbatches):
  equals_one_device(name, mode, devices, microbatches)


@pytest.mark.slow
@pytest.mark.parametrize('name', ['gru', 'vae'])
def test_fixed_shards_give_the_same_bits_on_any_number_of_devices(name):
  done = subprocess.run(
    [sys.executable, '-m', 'tests.training.fixed_shards', name],
    cwd=pathlib.Path(__file__).parents[2],
    capture_output=True,
    text=True,
  )
  assert done.returncode == 0, done.stderr


@pytest.mark.parametrize('name', ['gru', 'vae'])
def test_seeds_at_once_equal_seeds_in_turn(name):
  seeds_at_once_equal_seeds_in_turn(name)


def seeds_at_once_equal_seeds_in_turn(name):
  """Asserts that a vmapped step is the step of each seed."""
  family = families.build(name)
  batch = families.batch(family)
  step = step_lib.make_train_step(family.model, MOMENTUM)
  init, *_ = programs(family)
  states = [init(jax.random.key(seed), batch) for seed in range(3)]
  stack = lambda *s: np.stack(s)
  together = jax.tree.map(stack, *states)
  together, _ = jax.jit(jax.vmap(step, (0, None)))(together, batch)
  apart = [trained(family, seed=seed)[0] for seed in range(3)]
  # Products of matrices of all seeds are rounded otherwise.
  families.close(together, jax.tree.map(stack, *apart), 3e-5)


def test_a_row_weighs_by_its_steps_not_by_its_batch():
  family = families.build('gru')
  a, b = families.batch(family, 2, seed=1), families.batch(family, 2, seed=2)
  b['row'] += 2
  b['mask'][0, 1:] = 0
  both = {k: np.concatenate([a[k], b[k]]) for k in a}
  params = family.model.init(jax.random.key(0), a)
  loss = lambda x: family.model.loss(
    params, x, jax.random.key(1), step=0, train=True
  )
  sums = [loss(x) for x in (a, b, both)]
  families.close(jax.tree.map(jnp.add, sums[0], sums[1]), sums[2], 1e-5)


def test_excerpts_are_rows_of_other_lengths():
  """A batch with excerpts is the batch of all their rows, padded."""
  family = families.build('gru')
  a = families.batch(family, 4, seed=1)
  b = families.batch(family, 8, seed=2, length=5)
  b['row'] += 4
  _, apart = _one_step(family, a | {'openings': b})
  padded = {
    k: np.pad(v, [(0, 0), (0, 11)][: v.ndim] + [(0, 0)] * (v.ndim - 2))
    for k, v in b.items()
  }
  _, together = _one_step(
    family, {k: np.concatenate([a[k], padded[k]]) for k in a}
  )
  families.close(apart, together, 1e-5)


def _one_step(family, batch):
  optimizer = optax.sgd(1.0)
  init = step_lib.make_init(family.model, optimizer)
  step = step_lib.make_train_step(family.model, optimizer)
  return jax.jit(step)(init(jax.random.key(0), batch), batch)


def test_second_call_does_not_compile_again():
  family = families.build('lstm')
  count = 0

  def loss(*args, **kwargs):
    nonlocal count
    count += 1
    return family.model.loss(*args, **kwargs)

  counted = family._replace(model=dataclasses.replace(family.model, loss=loss))
  _, once = trained(counted, steps=4, dispatches=1)
  first = count
  _, often = trained(counted, steps=4, dispatches=4)
  assert count == first > 0
  families.close(once, often, 1e-5)


def test_clip_bounds_the_step():
  clip = 1e-3
  optimizer = adamw(learning_rate=1.0, decay_steps=10, clip=clip)
  grads = {'a': jnp.full(4, 5.0)}
  state = optimizer.init(grads)
  # The clip stands before the moments: they average the short gradient only.
  _, state = optimizer.update(grads, state, grads)
  mu = optax.tree.get(state, 'mu')['a']
  np.testing.assert_allclose(jnp.linalg.norm(mu), 0.1 * clip, rtol=1e-4)


def test_learning_rate_warms_up_and_decays():
  optimizer = adamw(
    learning_rate=1.0, warmup_steps=5, decay_steps=20, clip=0, final_scale=0.1
  )
  params = {'a': jnp.zeros(1)}
  state, sizes = optimizer.init(params), []
  for _ in range(30):
    updates, state = optimizer.update({'a': jnp.ones(1)}, state, params)
    sizes.append(float(-updates['a'][0]))
  assert sizes[0] == 0 and np.argmax(sizes) == 5
  np.testing.assert_allclose(sizes[5], 1.0, rtol=1e-3)
  np.testing.assert_allclose(sizes[20:], 0.1, rtol=1e-3)


def test_average_follows_the_parameters():
  family = families.build('rnn')
  batches = [families.batch(family, seed=i) for i in range(3)]
  init, *_ = programs(family, ema_decay=0.2)
  average = init(jax.random.key(0), batches[0]).params
  # The first steps weigh more: (1 + step) / (10 + step) where that is less.
  for steps, decay in (1, 1 / 10), (2, 2 / 11), (3, 0.2):
    state, _ = trained(family, batches=batches[:steps], ema_decay=0.2)
    average = optax.incremental_update(state.params, average, 1 - decay)
    families.close(state.ema, average, 1e-6)
  assert step_lib.eval_params(state) is state.ema
  plain, _ = trained(family, batches=batches)
  families.close(state.params, plain.params, 1e-6)
  assert step_lib.eval_params(plain) is plain.params


@pytest.mark.parametrize('mode,devices', [('jit', 2), ('pmap', 2)])
def test_a_step_that_is_not_finite_changes_nothing(mode, devices):
  family = families.build('gru')

  def loss(params, batch, rng, *, step, train):
    sums, weight = family.model.loss(params, batch, rng, step=step, train=train)
    poison = jnp.where(step == 2, jnp.nan, 1.0)
    return sums | {'loss': sums['loss'] * poison}, weight

  poisoned = family._replace(model=Model(family.model.init, loss, None))
  batches = [families.batch(family, seed=i) for i in range(5)]
  kind = {'mode': mode, 'devices': devices, 'ema_decay': 0.9}
  sick, history = trained(poisoned, batches=batches, **kind)
  # The same program: another one may round otherwise.
  sound, _ = trained(poisoned, batches=batches[:2], **kind)
  assert int(sick.step) == 2
  assert history['finite'].tolist() == [True, True, False, False, False]
  families.close(sick, sound, 0)
  healthy, _ = trained(family, batches=batches[:2], **kind)
  families.close(sick, healthy, 1e-6)


def test_a_step_to_parameters_that_are_no_numbers_changes_nothing():
  """The loss and the gradient are finite, the rate is not."""
  family = families.build('gru')
  step = step_lib.make_train_step(family.model, optax.sgd(float('nan')))
  batch = families.batch(family)
  init = step_lib.make_init(family.model, optax.sgd(1.0), ema_decay=0)
  before = init(jax.random.key(0), batch)
  after, metrics = jax.jit(step)(before, batch)
  assert jnp.isfinite(metrics['loss']) and not metrics['finite']
  families.close(after, before, 0)


def test_dropout_is_noise_in_training_only():
  family = families.build('lstm')
  batch = families.batch(family)
  params = family.model.init(jax.random.key(0), batch)

  def loss(seed, train):
    key = jax.random.key(seed)
    sums, _ = family.model.loss(params, batch, key, step=0, train=train)
    return float(sums['loss'])

  assert loss(0, True) != loss(1, True)
  assert loss(0, False) == loss(1, False)
