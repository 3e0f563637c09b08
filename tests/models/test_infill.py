"""Infill: known cells are kept and encoded ahead; the others are a distribution."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.models.autoregressive_net import Known
from musiczoo.models.cells import canonical
from musiczoo.models.random_known import NONE, ONE, random_known, WHOLE
from musiczoo.music.spec import Spec
from musiczoo.nn.heads import Controls, HEADS
from musiczoo.representations import cells as cells_lib
from tests import families

VOICES = 2
KEY = jax.random.key(0)
OPTIONS = {'cell': 'gru', 'hidden': 7, 'layers': 1}
OPTIONS |= {'known_hidden': 6, 'known_layers': 2, 'chroma': True}


@functools.cache
def build(depth=6, onsets=True):
  """A model of two voices, its net, and parameters far from zero."""
  head = HEADS['voices'](
    depth, VOICES, features=3, hidden=5, onsets=onsets, intervals=True
  )
  spec = Spec('voices', depth, (VOICES,))
  model = families.make('infill', spec, head, **OPTIONS)
  params = model.init(KEY, make_batch(np.zeros((1, 4, VOICES), np.uint8)))
  keys = itertools.count()

  def drawn(a):
    return 0.5 * jax.random.normal(jax.random.key(next(keys)), a.shape)

  return model, model.loss.__self__.module, jax.tree.map(drawn, params)


def make_batch(x):
  return {
    'x': x,
    'mask': np.ones(x.shape[:2], np.float32),
    'row': np.arange(len(x), dtype=np.uint32),
  }


def lines(shape, depth=6, seed=0, onsets=True):
  """Cells that obey the laws, with held and repeated notes."""
  rng = np.random.default_rng(seed)
  symbol = rng.integers(depth, size=shape)
  for t in range(1, shape[1]):
    stays = rng.random((shape[0], *shape[2:])) < 0.5
    symbol[:, t] = np.where(stays, symbol[:, t - 1], symbol[:, t])
  bits = (rng.random(shape) < 0.3) & onsets
  return np.stack([cells_lib.to_cells(s, b) for s, b in zip(symbol, bits)])


def log_probs(x, known, depth=6):
  """The log probability of each step's unknown cells: [B, T]."""
  _, module, params = build(depth)
  x, real = jnp.asarray(x, jnp.int32), jnp.ones(x.shape[:2], bool)
  known = Known(x, jnp.broadcast_to(known, x.shape), real)
  parts = jax.jit(
    lambda p: module.apply({'params': p}, x, known=known, method='log_prob')
  )(params)
  return np.asarray(sum(parts.values()), np.float64)


def test_known_cells_act_on_the_steps_before_them_and_unknown_ones_do_not():
  a, b = lines((3, 9, VOICES), seed=1), lines((3, 9, VOICES), seed=2)
  known = np.zeros(a.shape[1:], bool)
  known[:, 0] = True
  late = np.arange(9)[:, None] >= 5
  other_known = np.where(late & known, b, a)
  other_unknown = np.where(late & ~known, b, a)
  before, same, moved = (
    log_probs(x, known)[:, :5] for x in (a, other_unknown, other_known)
  )
  np.testing.assert_array_equal(before, same)
  assert np.abs(before - moved).max() > 1e-3


def test_all_that_is_known_costs_nothing():
  x = lines((2, 7, VOICES))
  assert (log_probs(x, np.ones(x.shape[1:], bool)) == 0).all()
  assert (log_probs(x, np.zeros(x.shape[1:], bool)) < 0).all()


@pytest.mark.parametrize('voice', range(VOICES))
def test_samples_follow_the_scores_given_a_voice(voice):
  """All ways to write the other voice add up to one, and come as often."""
  model, _, params = build(3)
  x = np.array(canonical(lines((1, 3, VOICES), 3, seed=4)), np.int32)
  known = np.zeros(x.shape[1:], bool)
  known[:, voice] = True
  cells = [2 * s + b for s in range(3) for b in range(2)]
  every = np.repeat(x, len(cells) ** 3, axis=0)
  every[:, :, 1 - voice] = list(itertools.product(cells, repeat=3))
  every = np.unique(canonical(every.astype(np.int32)), axis=0)
  every = every[(every == x)[:, known].all(1)]
  p = np.exp(log_probs(every, known, 3).sum(1))
  np.testing.assert_allclose(p.sum(), 1, rtol=1e-4)

  num = 4000
  given = np.repeat(x, num, axis=0).astype(np.int32)
  made = jax.jit(model.sample, static_argnums=2)(
    params, jax.random.split(KEY, num), 3, Controls(given=given, known=known)
  )
  share = [(np.asarray(made) == one).all((1, 2)).mean() for one in every]
  assert np.isclose(sum(share), 1)
  some = p > 0.01
  error = 4 * np.sqrt(p / num)
  assert (np.abs(share - p) < error)[some].all()


@functools.cache
def sampler(onsets=True):
  model, _, params = build(onsets=onsets)
  return jax.jit(functools.partial(model.sample, params), static_argnums=1)


def starts(x, onsets=True):
  """Where decoding begins notes."""
  cells = [cells_lib.to_cells(a // 2, (a % 2 == 1) & onsets) for a in x]
  return (np.stack(cells) % 2 == 1) & (np.stack(cells) > 1)


@pytest.mark.parametrize('candidates', [1, 3])
@pytest.mark.parametrize('onsets', [True, False])
def test_given_cells_stay_in_a_thousand_infills(onsets, candidates):
  """In pitch, and in whether they begin a note, also right after a hole."""
  x = lines((1000, 10, VOICES), onsets=onsets)
  known = np.random.default_rng(1).random(x.shape[1:]) < 0.6
  keys = jax.random.split(KEY, (len(x), candidates)[: 1 + (candidates > 1)])
  controls = Controls(given=x.astype(np.int32), known=known)
  made = np.asarray(sampler(onsets)(keys, 10, controls))
  assert (made == x)[:, known].all()
  assert (starts(made, onsets) == starts(x, onsets))[:, known].all()
  assert (made != x)[:, ~known].mean() > 0.2


def test_a_held_note_is_led_to_even_where_the_rules_forbid_it():
  x = np.zeros((1, 4, VOICES), np.int32)
  x[:, 2:] = [[11, 5], [10, 4]]  # Two notes, held.
  x[:, 2] -= 1  # They have begun before.
  known = np.arange(4)[:, None] >= np.array([2, 2])
  controls = Controls(given=x, known=known, forbid=np.ones(5, bool))
  made = sampler()(jax.random.split(KEY, 1), 4, controls)
  np.testing.assert_array_equal(made[:, 1] // 2, x[:, 2] // 2)


def test_a_piece_is_the_same_in_any_batch():
  keys = jax.random.split(KEY, 3)
  together = sampler()(keys, 7, Controls())
  alone = sampler()(keys[2:], 7, Controls())
  np.testing.assert_array_equal(together[2:], alone)


def test_padding_does_not_change_the_loss():
  model, _, params = build()
  batch = make_batch(lines((4, 8, VOICES)))
  batch['mask'][1, 5:] = 0
  longer = {
    'x': np.pad(batch['x'], [(0, 0), (0, 5), (0, 0)], constant_values=3),
    'mask': np.pad(batch['mask'], [(0, 0), (0, 5)]),
    'row': batch['row'],
  }
  longer['x'][1, 5:] = 3
  loss = jax.jit(functools.partial(model.loss, step=0, train=False))
  families.close(loss(params, batch, KEY), loss(params, longer, KEY), 1e-5)


def test_some_voices_and_all_but_a_hole_are_known_in_training():
  real = jnp.arange(12) < 10
  keys = jax.random.split(KEY, 4000)
  draw = jax.vmap(lambda key: random_known(key, real, 4))
  known = np.asarray(jax.jit(draw)(keys))
  assert not known[:, 10:].any()
  known = known[:, :10]
  voices = known.all(1)
  has_hole = ~known.all((1, 2))
  alone = (voices.sum(1) == 1) & has_hole
  assert abs((known.sum((1, 2)) == 0).mean() - NONE * WHOLE) < 0.04
  assert abs(alone.mean() - (ONE + 0.25 * (1 - NONE - ONE))) < 0.04
  assert voices[alone][:, 0].mean() > 0.5
  # What is not a voice known throughout is known in the same steps.
  for row, of_voice in zip(known[has_hole][:200], voices[has_hole]):
    rest = row[:, ~of_voice]
    assert (rest == rest[:, :1]).all()
    hole = np.flatnonzero(~rest[:, 0])
    assert (np.diff(hole) == 1).all()


def test_other_music_than_voices_is_refused():
  head = HEADS['bernoulli'](depth=88)
  with pytest.raises(UserError, match='infill is of voices'):
    families.make('infill', Spec('bits', 88, (88,)), head, **OPTIONS)


def test_the_chroma_of_known_cells_is_that_of_what_sounds():
  x = jnp.array([[[3, 2], [2, 9], [27, 0]]])  # Symbols 1, 1; 1, 4; 13, a rest.
  known = jnp.array([[[True, False], [True, True], [True, True]]])
  found = Known(x, known, jnp.ones((1, 3), bool)).chroma()
  expected = np.zeros((1, 12))
  expected[0, [0, 3]] = 3, 1
  np.testing.assert_array_equal(found, expected)
