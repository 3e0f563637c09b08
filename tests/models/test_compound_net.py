"""Nets of `compound` rows: what they are given of earlier bars, and what it costs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.build import make_model
from musiczoo.music import annotations, compound_rows as rows
from musiczoo.music.score import Score, Track
from musiczoo.nn.conditioning import Conditioning
from musiczoo.nn.heads import Compound, Controls
from musiczoo.representations.compound import compound
from musiczoo.sampling.generate import piece_keys

GRID = 4
REPRESENTATION = compound(steps_per_quarter=GRID)
SPEC = REPRESENTATION.spec
LAYOUT = rows.Layout(GRID)


def model(family='lstm', dropout=0.0):
  head = Compound(SPEC.depth, 16, 16, dropout, dropout)
  options = {'hidden': 12, 'layers': 1, 'dropout': dropout}
  if family == 'cnn':
    options = {'hidden': 12, 'layers': 2, 'kernel': 2, 'dropout': dropout}
  return make_model(family, SPEC, head, options, window=64)


def song(seed=0, bars=6):
  """A bass line that repeats, drums, and chords that don't."""
  rng = np.random.default_rng(seed)
  notes = []
  for bar in range(bars):
    start = 16 * bar
    notes += [(start + 4 * i, 3, 40 + 2 * i, 80, 0) for i in range(4)]
    notes += [(start + 8 * i, 1, 36, 90, 1) for i in range(2)]
    chord = 60 + rng.integers(0, 12) + np.array([0, 4, 7])
    notes += [(start + 4 * rng.integers(0, 4), 6, p, 70, 2) for p in chord]
  tracks = Track(33), Track(0, drums=True), Track(0)
  return Score(np.array(notes, np.int32), tracks, resolution=GRID)


def batch(x, length=None):
  x = np.stack(x) if isinstance(x, list) else x[None]
  length = length or x.shape[1]
  padded = np.zeros((len(x), length, 5), np.int32)
  padded[:, : x.shape[1]] = x
  mask = np.zeros((len(x), length), np.float32)
  mask[:, : x.shape[1]] = 1
  return {'x': padded, 'mask': mask, 'row': np.arange(len(x), dtype=np.uint32)}


def losses(m, params, given):
  sums, weight = jax.jit(
    lambda p, b: m.loss(p, b, jax.random.key(0), step=0, train=False)
  )(params, given)
  return {k: float(v) for k, v in sums.items()}, float(weight)


@pytest.fixture(scope='module')
def trained():
  m = model()
  x = REPRESENTATION.encode(song())
  return m, m.init(jax.random.key(1), batch(x)), x


def test_all_attributes_of_a_song_are_possible(trained):
  m, params, x = trained
  sums, weight = losses(m, params, batch(x))
  assert weight == len(x)
  assert set(sums) == {'loss', 'nll'} | {
    f'nll_{part}'
    for part in (
      'key place slot plan track pitch duration velocity bar chord'.split()
    )
  }
  assert 0 < sums['nll'] < 50 * len(x)


def test_padding_does_not_change_the_loss(trained):
  m, params, x = trained
  short, _ = losses(m, params, batch(x))
  long, _ = losses(m, params, batch(x, len(x) + 40))
  assert long['nll'] == pytest.approx(short['nll'], rel=1e-5)


@pytest.mark.parametrize(
  'family',
  [
    'lstm',
    *(pytest.param(f, marks=pytest.mark.slow) for f in ('rnn', 'gru', 'cnn')),
  ],
)
def test_samples_cost_what_the_whole_piece_says(family):
  m = model(family)
  x = REPRESENTATION.encode(song())
  params = m.init(jax.random.key(1), batch(x))
  made = np.asarray(
    jax.jit(m.sample, static_argnums=2)(
      params, piece_keys(0, 3), 60, Controls()
    )
  )
  assert made.shape == (3, 60, 5)
  sums, _ = losses(m, params, batch(list(made)))
  # No impossible attribute was sampled, one after another or all at once.
  assert sums['nll'] < 100 * made[..., 0].size
  # What was sampled is what is written, where nothing is repeated twice.
  score = REPRESENTATION.decode(made[0])
  assert len(score.tracks) <= rows.SLOTS


def test_a_piece_is_the_same_in_any_batch(trained):
  m, params, _ = trained
  sample = jax.jit(m.sample, static_argnums=2)
  three = np.asarray(sample(params, piece_keys(0, 3), 40, Controls()))
  one = np.asarray(sample(params, piece_keys(0, 1), 40, Controls()))
  np.testing.assert_array_equal(three[:1], one)


def test_given_rows_are_kept_and_their_attributes(trained):
  m, params, x = trained
  given = np.zeros((1, 40, 5), np.int32)
  known = np.zeros((40, 5), bool)
  given[0, :10], known[:10] = x[:10], True
  made = np.asarray(
    jax.jit(m.sample, static_argnums=2)(
      params, piece_keys(0, 1), 40, Controls(given=given, known=known)
    )
  )
  np.testing.assert_array_equal(made[0, :10], x[:10])


@pytest.mark.parametrize('temperature,is_greedy', [(0.0, True), (0.01, False)])
def test_repeats_are_drawn_at_temperature_1(trained, temperature, is_greedy):
  """Of a cold sample only a greedy one repeats the likeliest bar each time."""
  m, params, x = trained
  rng = np.random.default_rng(0)  # So that some bars are likelier than others.
  params = jax.tree.map(
    lambda a: a + rng.normal(0, 0.2, a.shape).astype(a.dtype), params
  )
  last = np.flatnonzero(x[:, rows.PLACE] == LAYOUT.plan)[-1]
  num = 32
  given = np.repeat(x[None, : last + 1].astype(np.int32), num, 0)
  given[:, last, rows.SOURCE] = -1  # Is sampled.
  known = np.ones(given.shape[1:], bool)
  controls = Controls(temperature=temperature, given=given, known=known)
  made = jax.jit(m.sample, static_argnums=2)(
    params, piece_keys(0, num), last + 1, controls
  )
  sources = np.unique(made[:, last, rows.SOURCE])
  assert (len(sources) == 1) == is_greedy


def test_log_probabilities_depend_on_the_past_alone(trained):
  m, params, x = trained

  def nll(x, until):
    given = batch(x)
    given['mask'] = given['mask'] * (np.arange(len(x)) < until)
    return losses(m, params, given)[0]['nll']

  until = len(x) // 2
  changed = x.copy()
  other = REPRESENTATION.encode(song(seed=5))
  changed[until:] = other[until : len(x)]
  assert not np.array_equal(changed, x)
  assert nll(changed, until) == pytest.approx(nll(x, until), rel=1e-6)


def test_no_note_follows_the_highest_at_its_place(trained):
  m, params, _ = trained
  layout = rows.Layout(GRID)
  header = [
    [layout.key, 0, 0, 0, 0],
    [layout.track, 0, 0, 0, 1],
    [layout.bar, 0, 0, 0, 0],
    [layout.plan, 0, 0, 0, 0],
  ]

  def is_possible(first, second):
    last = [[1, 0, pitch, 0, 8] for pitch in (first, second)]
    sums, _ = losses(m, params, batch(np.array(header + last)))
    return sums['nll'] < 1e8

  assert is_possible(126, 127)
  assert not is_possible(127, 127) and not is_possible(127, 0)
  # What follows is later.
  sample = jax.jit(m.sample, static_argnums=2)
  x = np.array([*header, [1, 0, 127, 0, 8]])
  given = np.broadcast_to(x, (8, *x.shape)).astype(np.int32)
  known = np.ones(x.shape, bool)
  controls = Controls(given=given, known=known)
  made = np.asarray(sample(params, piece_keys(0, 8), 6, controls))
  assert (made[:, 5, 0] > 1).all()


def test_a_sample_ends_in_the_last_bar_that_was_asked_for():
  conditioning = Conditioning(annotations.columns(('length',)), 4, 0.0)
  head = Compound(SPEC.depth, 8, 8)
  options = {'hidden': 8, 'layers': 1}
  m = make_model(
    'gru', SPEC, head, options, window=64, conditioning=conditioning
  )
  x = batch(REPRESENTATION.encode(song()))
  columns = len(annotations.COLUMNS)
  x['cond'] = np.zeros((*x['x'].shape[:2], columns), np.int32)
  params = m.init(jax.random.key(1), x)
  controls = Controls(cond=np.zeros((16, 64, columns), np.int32))
  made = np.asarray(
    jax.jit(m.sample, static_argnums=2)(
      params, piece_keys(0, 16), 256, controls
    )
  )
  layout = rows.Layout(GRID)
  ended = 0
  for piece in made:
    end = np.flatnonzero(piece[:, 0] == layout.end)
    if len(end):
      piece = piece[: end[0]].astype(np.int64)
      ended += 1
      assert rows.bar_starts(piece, layout)[-1] >= 64
  assert ended > 4


def test_gradients_are_finite_in_training():
  m = model(dropout=0.3)
  x = REPRESENTATION.encode(song())
  params = m.init(jax.random.key(1), batch(x))
  gradient = jax.jit(
    jax.grad(
      lambda p, b: m.loss(p, b, jax.random.key(0), step=0, train=True)[0][
        'loss'
      ]
    )
  )(params, batch(x))
  assert all(jnp.isfinite(g).all() for g in jax.tree.leaves(gradient))
  assert any((g != 0).any() for g in jax.tree.leaves(gradient))
