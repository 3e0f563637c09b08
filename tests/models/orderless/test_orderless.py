"""The orderless net: holes hide, laws of cells hold, bounds are what they say."""

import functools
import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.models.orderless.net import FAR, nearest, OrderlessNet
from musiczoo.models.orderless.orderless import random_mask
from musiczoo.music import annotation_text, annotations
from musiczoo.music.form import Form
from musiczoo.music.spec import Spec
from musiczoo.nn.cell_encoder import CellEncoder
from musiczoo.nn.conditioning import Conditioning
from musiczoo.nn.heads import Controls
from musiczoo.representations import cells as cells_lib
from tests import families

DEPTH, VOICES = 6, 2
MUSIC = Spec('voices', DEPTH, (VOICES,))
KEY = jax.random.key(0)


def build(spec=MUSIC, **more):
  return families.make('orderless', spec, hidden=8, layers=2, **more)


@functools.cache
def initial(model, seed=1):
  """Parameters far enough from zero that every cell matters."""
  batch = make_batch(np.zeros((1, 4, VOICES), np.uint8))
  params = model.init(jax.random.key(seed), batch)
  return jax.tree.map(lambda a: 2 * a, params)


def make_batch(x, rows=None):
  rows = np.arange(len(x)) if rows is None else rows
  return {
    'x': x,
    'mask': np.ones(x.shape[:2], np.float32),
    'row': rows.astype(np.uint32),
  }


def spec(shape, seed=0, stay=0.5):
  """Lines that obey the laws of cells, with held and repeated notes."""
  rng = np.random.default_rng(seed)
  symbol = rng.integers(DEPTH, size=shape)
  for t in range(1, shape[1]):
    stays = rng.random((shape[0], *shape[2:])) < stay
    symbol[:, t] = np.where(stays, symbol[:, t - 1], symbol[:, t])
  is_onset = rng.random(shape) < 0.3
  return np.stack([cells_lib.to_cells(s, b) for s, b in zip(symbol, is_onset)])


def log_probs(model, params, x, known):
  """Log probability of each cell, [B, T, V]."""
  parts = jax.jit(model.conditional)(
    params, jnp.asarray(x), jnp.asarray(known), jnp.ones(x.shape[:2], bool)
  )
  return np.asarray(sum(parts.values()), np.float64)


def chain(model, params, x, order):
  """log p(x | order) of pieces [N, T, V], cell after cell: [N]."""
  known = np.zeros(x.shape, bool)
  total = 0.0
  for cell in order:
    total += log_probs(model, params, x, known)[:, *cell]
    known[:, *cell] = True
  return total


@pytest.mark.parametrize('onsets', [True, False])
def test_any_order_makes_a_distribution(onsets):
  """Over all music there is, the probabilities come to one; no more, no less."""
  model = build(Spec('voices', 3, (VOICES,)), onsets=onsets)
  batch = make_batch(np.zeros((1, 3, VOICES), np.uint8))
  params = jax.tree.map(lambda a: 2 * a, model.init(KEY, batch))
  cells = [2 * s + b for s in range(3) for b in range(1 + onsets)]
  x = np.array(list(itertools.product(cells, repeat=3 * VOICES)))
  x = np.stack(
    [cells_lib.to_cells(a // 2, a % 2 == 1) for a in x.reshape(-1, 3, VOICES)]
  )
  x = np.unique(x, axis=0)
  rng = np.random.default_rng(0)
  places = list(itertools.product(range(3), range(VOICES)))
  for _ in range(2):
    order = rng.permutation(places)
    total = np.exp(chain(model, params, x, order)).sum()
    np.testing.assert_allclose(total, 1, rtol=1e-4)


def test_the_loss_is_the_mean_over_orders():
  """By enumeration of all orders of two steps in two voices."""
  model = build()
  params = initial(model)
  x = spec((1, 2, VOICES), seed=3)
  places = list(itertools.product(range(2), range(VOICES)))
  exact = -np.mean(
    [chain(model, params, x, order) for order in itertools.permutations(places)]
  )
  num = 4000
  loss = jax.jit(
    jax.vmap(
      lambda row: model.loss(
        params,
        {'x': x, 'mask': jnp.ones((1, 2)), 'row': row[None]},
        KEY,
        step=0,
        train=False,
      )[0]['nll_bound']
    )
  )
  draws = np.asarray(loss(jnp.arange(num, dtype=jnp.uint32)), np.float64)
  error = draws.std() / math.sqrt(num)
  assert abs(draws.mean() - exact) < 4 * error
  assert error < 0.02 * exact


def test_masks_hide_any_number_of_cells_equally_often():
  counts = jnp.arange(5) < 3  # Two steps of padding.
  keys = jax.random.split(KEY, 3000)

  def drawn(whole):
    draw = jax.vmap(lambda key: random_mask(key, counts, VOICES, whole))
    return np.asarray(jax.jit(draw)(keys))

  cells = drawn(0.0)
  assert not cells[:, 3:].any()
  share = np.bincount(cells.sum((1, 2)), minlength=7)[1:] / len(keys)
  np.testing.assert_allclose(share, 1 / 6, atol=0.03)
  np.testing.assert_allclose(cells[:, :3].mean(0), 3.5 / 6, atol=0.04)
  steps = drawn(1.0)
  assert (steps[..., 0] == steps[..., 1]).all() and not steps[:, 3:].any()
  share = np.bincount(steps[..., 0].sum(1), minlength=4)[1:] / len(keys)
  np.testing.assert_allclose(share, 1 / 3, atol=0.04)


@pytest.mark.parametrize('interval_hidden', [0, 5])
@pytest.mark.parametrize('onsets', [True, False])
def test_hidden_cells_have_no_effect(onsets, interval_hidden):
  """Other notes in the holes: the output is the same; other known ones: it is not."""
  model = build(onsets=onsets, interval_hidden=interval_hidden)
  encoder = CellEncoder(DEPTH, VOICES, 8, 2, onsets=onsets)
  net = OrderlessNet(encoder, interval_hidden)
  variables = {'params': initial(model)}
  a, b = spec((3, 9, VOICES), 1), spec((3, 9, VOICES), 2)
  known = np.random.default_rng(0).random(a.shape) < 0.5
  real = np.ones(a.shape[:2], bool)
  score = jax.jit(net.apply)
  before = score(variables, a, known, real)
  same = score(variables, np.where(known, a, b), known, real)
  other = score(variables, np.where(known, b, a), known, real)
  for x, y, z in zip(*map(jax.tree.leaves, (before, same, other))):
    np.testing.assert_array_equal(x, y)
    assert np.abs(x - z).max() > 1e-3
  if not onsets:  # The bit would show whether the hidden cell before differs.
    flipped = score(variables, a ^ 1, known, real)
    np.testing.assert_array_equal(before[0], flipped[0])


def test_metre_is_given_and_phrases_may_be():
  """Position and phrases change the log probabilities."""
  columns = annotations.columns(('position', 'phrases'))
  conditioning = Conditioning(columns, 4, dropout=0.5)
  model = build(more={'conditioning': conditioning})
  assert 'cond' in model.controls
  x = spec((1, 6, VOICES))
  cond = annotation_text.plan(Form(6, 4, phrase_ends=(6,)))[None]
  batch = make_batch(x) | {'cond': cond.astype(np.int32)}
  params = jax.tree.map(lambda a: a + 0.3, model.init(KEY, batch))
  known, real = np.zeros(x.shape, bool), np.ones(x.shape[:2], bool)
  moved, unphrased = cond.copy(), cond.copy()
  moved[..., annotations.POSITION] += 1
  unphrased[..., annotations.PHRASES] = 0
  log_p = [
    sum(model.conditional(params, x, known, real, c).values())
    for c in (cond, moved, unphrased)
  ]
  assert np.abs(log_p[0] - log_p[1]).max() > 1e-3
  assert np.abs(log_p[0] - log_p[2]).max() > 1e-3


def test_the_nearest_known_symbols_are_found():
  s = jnp.array([[5, 0, 7, 0, 0]])[..., None]
  known = jnp.array([[True, False, True, False, False]])[..., None]
  symbols, steps = nearest(s, known)
  np.testing.assert_array_equal(symbols[0, :, 0], [0, 5, 5, 7, 7])
  np.testing.assert_array_equal(steps[0, :, 0], [FAR, 1, 2, 1, 2])
  steps = nearest(
    jnp.ones((1, FAR + 3, 1), int), (jnp.arange(FAR + 3) == 0)[None, :, None]
  )[1]
  assert steps.max() == FAR


@pytest.mark.parametrize('interval_hidden', [0, 5])
def test_padding_does_not_change_the_loss(interval_hidden):
  model = build(interval_hidden=interval_hidden)
  params = initial(model)
  x = spec((4, 8, VOICES))
  batch = make_batch(x)
  batch['mask'][1, 5:] = 0
  batch['mask'][2, :1] = 0  # Heard, but does not count.
  longer = {
    'x': np.concatenate([x, spec((4, 5, VOICES), 5)], axis=1),
    'mask': np.pad(batch['mask'], [(0, 0), (0, 5)]),
    'row': batch['row'],
  }
  longer['x'][1, 5:] = 3
  loss = jax.jit(functools.partial(model.loss, step=0, train=True))
  for a, b in zip(
    *(jax.tree.leaves(loss(params, some, KEY)) for some in (batch, longer))
  ):
    np.testing.assert_allclose(a, b, rtol=1e-5)


@functools.cache
def sampler(**more):
  model = build(**more)
  return jax.jit(
    functools.partial(model.sample, initial(model)), static_argnums=1
  )


def starts(x, onsets=True):
  """Where notes begin: where decoding begins one."""
  cells = np.stack(
    [cells_lib.to_cells(a // 2, (a % 2 == 1) & onsets) for a in x]
  )
  return (cells % 2 == 1) & (cells > 1)


@pytest.mark.parametrize('onsets', [True, False])
def test_given_cells_stay_in_a_thousand_infills(onsets):
  """In pitch, and in whether they begin a note, also right after a hole."""
  x = spec((1000, 10, VOICES))
  if not onsets:
    x = np.stack(
      [cells_lib.to_cells(a // 2, np.zeros(a.shape, bool)) for a in x]
    )
  known = np.random.default_rng(1).random(x.shape[1:]) < 0.6
  made = sampler(onsets=onsets, sweeps=6)(
    jax.random.split(KEY, len(x)), 10, Controls(given=x, known=known)
  )
  made = np.asarray(made)
  assert (made == x)[:, known].all()
  assert (starts(made, onsets) == starts(x, onsets))[:, known].all()
  assert (made != x)[:, ~known].mean() > 0.2
  notes = made > 1
  np.testing.assert_array_equal(
    (made % 2 == 1)[notes], starts(made, onsets)[notes]
  )


def test_a_piece_is_the_same_in_any_batch():
  sample = sampler(sweeps=4)
  keys = jax.random.split(KEY, 3)
  together = sample(keys, 7, Controls())
  alone = sample(keys[2:], 7, Controls())
  np.testing.assert_array_equal(together[2:], alone)


def test_cold_samples_are_the_likeliest_cells():
  model = build()
  params = initial(model)
  x = spec((1, 6, VOICES), seed=7)
  known = np.ones(x.shape, bool)
  known[0, 3, 1] = False
  made = sampler()(
    jax.random.split(KEY, 1),
    6,
    Controls(temperature=0.0, given=x, known=known[0]),
  )
  cells = np.arange(2 * DEPTH)
  tries = np.repeat(x, 2 * DEPTH, axis=0)
  tries[:, 3, 1] = cells
  scores = log_probs(model, params, tries, np.repeat(known, 2 * DEPTH, axis=0))
  assert made[0, 3, 1] // 2 == np.argmax(
    [scores[c : c + 2, 3, 1].max() for c in range(0, 2 * DEPTH, 2)]
  )


def test_samples_follow_the_scores():
  """Ancestral draws: as often as the mean over all orders says, holds and all."""
  model = build(Spec('voices', 3, (1,)))
  batch = make_batch(np.zeros((1, 2, 1), np.uint8))
  params = jax.tree.map(lambda a: 1.5 * a, model.init(KEY, batch))
  keys = jax.random.split(jax.random.key(1), 4000)
  made = np.asarray(
    jax.jit(model.sample, static_argnums=2)(params, keys, 2, Controls())
  )
  drawn, counts = np.unique(made, axis=0, return_counts=True)
  orders = [[(0, 0), (1, 0)], [(1, 0), (0, 0)]]
  p = np.mean([np.exp(chain(model, params, drawn, o)) for o in orders], axis=0)
  assert p.sum() > 0.99 and len(drawn) > 8  # Of 11 that can be.
  assert (np.abs(counts / len(keys) - p) < 4 * np.sqrt(p / len(keys))).all()


@pytest.mark.parametrize(
  'spec,more,words',
  [
    (Spec('bits', 88, (88,)), {}, 'orderless is of voices'),
    (MUSIC, {'sweeps': 0}, 'sweeps=0'),
    (MUSIC, {'step_mask_prob': 2.0}, 'step_mask_prob=2.0: give 0 to 1'),
  ],
)
def test_what_makes_no_sense_is_refused(spec, more, words):
  with pytest.raises(UserError, match=words):
    build(spec, **more)
