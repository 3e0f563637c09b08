"""Every family learns: each overfits one batch (law 8, first half)."""

import functools

import jax
import numpy as np
import optax
import pytest

from musiczoo.models.zoo import ZOO
from musiczoo.music.spec import Spec
from musiczoo.nn.heads import Controls, HEADS
from musiczoo.training import step as step_lib
from musiczoo.training.optimizers import gan_adam
from tests import families

pytestmark = pytest.mark.slow

STEPS = 20  # A dispatch.
LINES = Spec('voices', families.DEPTH, (2,))
WINDOW = {'hidden': 64, 'latent': 32, 'net': 'conv'}
STRUCTURE = {
  'cell': 'gru',
  'hidden': 64,
  'layers': 1,
  'planner_hidden': 32,
  'analyser_hidden': 32,
  'analyser_channels': 8,
  'bar_steps': families.BAR,
}
# Options of each family; the rate of Adam, steps of training and the share of
# the initial nats that is left at most. 16 steps of 4 rows hold 64 decisions
# of 6 values, or 128 of 12: enough units to learn them by heart.
NET = {'hidden': 64, 'layers': 1}
INFILL = NET | {'cell': 'gru', 'known_hidden': 8, 'known_layers': 1}
CASES = {
  'rnn': (NET, 3e-3, 300, 0.1),
  'lstm': (NET, 1e-2, 300, 0.1),
  'gru': (NET, 1e-2, 300, 0.1),
  'cnn': (NET | {'layers': 3, 'kernel': 3}, 3e-3, 300, 0.1),
  # A bound over random orders: the first cells of an order are never known.
  'orderless': (NET | {'layers': 3}, 3e-3, 600, 0.6),
  'infill': (INFILL, 1e-2, 300, 0.2),
  'autoencoder': (WINDOW | {'noise': 0.0}, 3e-3, 400, 0.1),
  'vae': (WINDOW, 3e-3, 400, 0.2),
  'structure': (STRUCTURE, 1e-2, 300, 0.1),
}


def _family(name, options):
  """A tiny model of random music, voices or tokens."""
  if name == 'orderless':
    model = families.make(name, LINES, None, {}, **options)
    return families.Family(model, None, LINES)
  head = (
    'voices'
    if name in ('structure', 'autoencoder', 'infill')
    else 'categorical'
  )
  shape, arguments = families.HEAD_OF[head]
  arguments = dict.fromkeys(arguments, 32) | (
    {'voices': shape[0]} if head == 'voices' else {}
  )
  module = HEADS[head](depth=families.DEPTH, **arguments)
  spec = Spec(module.kind, families.DEPTH, shape)
  more = {'conditioning': families.ALL_COLUMNS} if name == 'structure' else {}
  model = families.make(name, spec, module, more, **options)
  return families.Family(model, None, spec)


def _train(model, batch, optimizer, steps):
  """States before and after so many steps on one batch."""
  init = step_lib.make_init(model, optimizer)
  step = step_lib.make_train_step(model, optimizer)
  train_steps = jax.jit(step_lib.make_train_steps(step))
  before = state = init(jax.random.key(0), batch)
  batches = families.stack([batch] * STEPS)
  for first in range(0, steps, STEPS):
    numbers = np.int32(first), np.int32(STEPS)
    state, _ = train_steps(state, batches, *numbers)
  return before, state


def _nats(model, state, batch):
  """Of a batch, at the rest of training, by the figure that is compared."""
  loss = functools.partial(model.loss, step=0, train=False)
  sums, weight = jax.jit(loss)(state.params, batch, jax.random.key(1))
  return float(sums[model.monitor] / weight)


@pytest.mark.parametrize('name', CASES)
def test_a_family_overfits_one_batch(name):
  options, rate, steps, most = CASES[name]
  family = _family(name, options)
  batch = families.batch(family, size=4)
  before, after = _train(family.model, batch, optax.adam(rate), steps)
  left = _nats(family.model, after, batch) / _nats(family.model, before, batch)
  assert left < most, left


def test_a_gan_learns_which_bits_sound():
  spec = Spec('bits', 27, (27,), planes=9)
  options = {'latent': 8, 'hidden': 16, 'num_levels': 1, 'r1': 1.0}
  model = families.make('gan', spec, None, {}, **options)
  batch = families.batch(families.Family(model, None, spec))
  sounds = np.arange(27) % 2
  batch['x'][:] = sounds
  numbers = {'learning_rate': 2e-3, 'critic_learning_rate': 1e-3}
  optimizer = gan_adam(decay_steps=10**6, b1=0.5, b2=0.99, **numbers)
  states = _train(model, batch, optimizer, 400)

  def distance(state):
    """Mean difference of the shares of steps at which a bit is 1."""
    keys = jax.random.split(jax.random.key(2), 16)
    x = model.sample(state.params, keys, families.LENGTH, Controls())
    return float(np.abs(np.mean(x, axis=(0, 1)) - sounds).mean())

  before, after = map(distance, states)
  assert after < 0.5 * before, (before, after)


def test_every_family_is_here():
  # The unigram's best is the entropy of its batch; see `test_unigram`.
  assert {*CASES, 'gan', 'unigram'} == set(ZOO)
