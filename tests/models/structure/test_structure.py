"""Structure: analysis, plan and rendering, and which loss trains which net."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.models.structure import codes as coding, requests
from musiczoo.models.structure.analyser import planes_of
from musiczoo.models.structure.planner import Planner, sample_plan
from musiczoo.models.structure.structure import _shuffled, _with_phrases
from musiczoo.music import annotation_text, annotations as names
from musiczoo.music.form import Form
from musiczoo.music.spec import Spec
from musiczoo.nn.conditioning import Conditioning
from musiczoo.nn.heads import Controls, HEADS
from musiczoo.nn.recurrent import Recurrent
from tests import families

CODES = coding.codes_of(families.ALL_COLUMNS)
METERED = Conditioning(names.columns(('key', 'meter')), 3)
SIZES = np.array([code.size for code in CODES])
REAL = np.ones((3, 5))


def some_codes(num=3, bars=5, seed=0):
  rng = np.random.default_rng(seed)
  return jnp.asarray(rng.integers(1, SIZES, (num, bars, len(CODES))), jnp.int32)


@functools.cache
def planner():
  net = functools.partial(Recurrent, 'gru', 6, 1)
  module = Planner(CODES, 3, net(), net(), 4, 5)
  codes = some_codes()
  style = jnp.zeros(3, jnp.int32)
  variables = jax.jit(
    lambda rng: module.init(rng, codes, codes, style, REAL, method='log_prob')
  )(jax.random.key(0))
  # Bold enough that the analysis shows, and nothing as zero as it begins.
  noise = np.random.default_rng(0)
  return module, jax.tree.map(
    lambda a: 4 * a + noise.normal(size=a.shape).astype(a.dtype), variables
  )


@functools.cache
def score():
  module, variables = planner()
  return jax.jit(functools.partial(module.apply, variables, method='log_prob'))


def scored(codes, asked, style):
  return score()(codes, asked, style, jnp.ones(codes.shape[:2]))


def planned(keys, asked, style=None, **controls):
  module, variables = planner()
  style = jnp.zeros(len(asked), jnp.int32) if style is None else style
  run = jax.jit(
    lambda keys, asked, controls: sample_plan(
      module,
      variables,
      keys,
      (asked, style, jnp.ones(asked.shape[:2])),
      controls,
    )
  )
  return np.asarray(run(keys, asked, Controls(**controls)))


@functools.cache
def written():
  family = families.build('structure')
  batch = families.batch(family, 3)
  params = jax.jit(family.model.init)(jax.random.key(0), batch)
  sample = jax.jit(family.model.sample, static_argnums=2)
  return family, params, sample


def test_bars_are_cut_and_joined_at_any_age():
  a = jnp.arange(3 * 11).reshape(3, 11) + 1
  bars = coding.Bars(4, jnp.array([0, 1, 3]), 11)
  cut = bars.cut(a)
  assert cut.shape == (3, bars.num, 4)
  np.testing.assert_array_equal(cut[0, :2], [[1, 2, 3, 4], [5, 6, 7, 8]])
  np.testing.assert_array_equal(cut[2, :2], [[0, 0, 0, 23], [24, 25, 26, 27]])
  np.testing.assert_array_equal(bars.join(cut), a)


def test_codes_of_steps_are_those_that_were_spread():
  cond = np.zeros((3, 17, len(names.COLUMNS)), np.int16)
  cond[..., names.POSITION] = (
    1 + (np.array([[0], [1], [3]]) + np.arange(17)) % 4
  )
  cond[..., names.STYLE] = 2
  bars = coding.bars_of(jnp.asarray(cond), 4)
  codes = some_codes(bars=bars.num).at[..., 1].set(1)  # New sections all.
  spread = coding.to_steps(CODES, bars, codes, jnp.asarray(cond))
  np.testing.assert_array_equal(
    spread[..., [names.POSITION, names.STYLE]],
    cond[..., [names.POSITION, names.STYLE]],
  )
  again = coding.from_steps(CODES, bars, spread)
  whole = np.asarray(coding.is_whole(bars, spread))
  assert whole.sum(1).tolist() == [4, 3, 4]
  np.testing.assert_array_equal(again[whole], codes[whole])


def test_a_section_is_like_a_bar_of_the_past():
  section = [i for i, c in enumerate(CODES) if c.column == names.SECTION][0]
  cond = np.zeros((1, 16, len(names.COLUMNS)), np.int16)
  cond[..., names.SECTION] = 2 + names.LAGS.index(2)
  bars = coding.Bars(4, jnp.zeros(1, jnp.int32), 16)
  named = coding.from_steps(CODES, bars, jnp.asarray(cond))[0, :, section]
  assert named[:4].tolist() == [1, 1, 3, 3]


def test_which_loss_trains_which_net():
  family, params, _ = written()
  batch = families.batch(family, 4)

  parts = ('nll_bound', 'nll_bound_plan', 'annotation_nats')

  def losses(params):
    sums, _ = family.model.loss(
      params, batch, jax.random.key(1), step=0, train=True
    )
    return jnp.stack([sums[part] for part in parts])

  grads = jax.jit(jax.jacrev(losses))(params)
  moved = {part: set() for part in parts}
  for who, leaves in grads.items():
    for a in jax.tree.leaves(leaves):
      for part, gradient in zip(parts, a):
        if np.abs(gradient).max() > 0:
          moved[part].add(who)
  assert moved == {
    'nll_bound': {'planner', 'renderer'},
    'nll_bound_plan': {'planner'},
    'annotation_nats': {'analyser'},
  }


def test_a_plan_depends_on_its_past_and_on_what_is_requested():
  codes, other = some_codes(), some_codes(seed=1)
  nothing, style = jnp.zeros_like(codes), jnp.zeros(3, jnp.int32)
  before = scored(codes, nothing, style)
  after = scored(codes.at[:, 3:].set(other[:, 3:]), nothing, style)
  np.testing.assert_allclose(before[:, :3], after[:, :3], atol=1e-5)
  assert np.abs(before[:, 3:] - after[:, 3:]).min() > 0
  # Within a bar, codes depend on those before them.
  within = scored(codes.at[:, 3, 4:].set(other[:, 3, 4:]), nothing, style)
  np.testing.assert_allclose(before[:, 3, :4], within[:, 3, :4], atol=1e-5)
  asked = scored(codes, nothing.at[:, 4, 0].set(codes[:, 4, 0]), style)
  assert np.abs(before - asked)[:, :4].max() > 1e-3
  assert (np.asarray(asked)[:, 4, 0] == 0).all()
  assert np.abs(before - scored(codes, nothing, style + 1)).max() > 1e-3


@pytest.mark.parametrize('wish', [False, True])
def test_a_plan_is_drawn_as_it_is_scored(wish):
  """At temperature 0 each code is the likeliest by its own score."""
  asked = jnp.zeros((3, 5, len(CODES)), jnp.int32)
  if wish:
    asked = asked.at[..., 0].set(4).at[:, 3, 5].set(2)
  style = jnp.zeros(3, jnp.int32)
  codes = planned(
    jax.random.split(jax.random.key(0), 3), asked, temperature=0.0
  )
  assert len(np.unique(codes.reshape(-1, len(CODES)), axis=0)) > 1
  for c, size in enumerate(SIZES):
    values = []
    for value in range(size):
      # Bar by bar: the others are as they were drawn.
      row = [
        scored(jnp.asarray(codes).at[:, n, c].set(value), asked, style)[:, n, c]
        for n in (0, 1, 4)
      ]
      values.append(np.stack(row, 1))
    free = ~np.asarray(requests.is_requested(CODES, asked))[:, [0, 1, 4], c]
    best = np.argmax(values, axis=0)
    np.testing.assert_array_equal(best[free], codes[:, [0, 1, 4], c][free])


def test_first_codes_come_as_often_as_they_are_scored():
  keys = jax.random.split(jax.random.key(1), 4000)
  drawn = planned(keys, jnp.zeros((4000, 1, len(CODES)), jnp.int32))[:, 0, 0]
  codes = some_codes(SIZES[0], 1).at[:, 0, 0].set(jnp.arange(SIZES[0]))
  nothing = jnp.zeros_like(codes)
  log_p = scored(codes, nothing, jnp.zeros(SIZES[0], jnp.int32))[:, 0, 0]
  p = np.exp(np.asarray(log_p))
  np.testing.assert_allclose(p.sum(), 1, atol=1e-5)
  share = np.bincount(drawn, minlength=SIZES[0]) / 4000
  assert (np.abs(share - p) < 4 * np.sqrt(p / 4000) + 1e-3).all()


def test_what_is_asked_for_comes():
  plan = annotation_text.plan(
    Form(16, 1), chords='C N.C. Am F', key='C', density=3.0
  )
  cond = jnp.asarray(np.stack([plan] * 3))
  bars = coding.bars_of(cond, 4)
  asked = coding.from_steps(CODES, bars, cond)
  codes = planned(jax.random.split(jax.random.key(0), 3), asked)
  known = np.asarray(requests.is_requested(CODES, asked))
  free = np.array([c.column == names.SECTION for c in CODES])
  assert (known[:, :4] == ~free).all()
  np.testing.assert_array_equal(codes[known], np.asarray(asked)[known])
  roots = [i for i, c in enumerate(CODES) if c.column == names.ROOT]
  assert codes[0, :4, roots].T.tolist() == [[1, 1], [0, 0], [10, 10], [6, 6]]
  assert len(np.unique(codes[:, :, free])) > 1


def test_rows_ask_for_all_of_a_chord_or_nothing():
  codes = some_codes(200, 6)
  keys = jax.random.split(jax.random.key(0), 200)
  known = np.asarray(requests.random_requests(CODES, codes, keys)) > 0
  chord = np.array([c.half is not None for c in CODES])
  np.testing.assert_array_equal(
    known[..., chord].all(-1), known[..., chord].any(-1)
  )
  # Of the last bar only wishes are known: none in half of the rows and more.
  assert 0.5 < (~known[:, -1].any(-1)).mean() < 0.7
  assert 0.2 < known[:, 0].all(-1).mean() < 0.6
  alone = requests.random_requests(CODES, codes[7:8], keys[7:8])
  np.testing.assert_array_equal(np.asarray(alone)[0] > 0, known[7])


def test_pieces_of_any_length_begin_as_given_and_are_their_own():
  length = 7  # Of bars of four, of which the first is three steps old.
  _, params, sample = written()
  keys = jax.random.split(jax.random.key(0), 3)
  plan = jnp.asarray(
    np.stack([annotation_text.plan(Form(10, 1, begin=3), chords='C G')] * 3)
  )
  given = np.full((3, length, 4), 4, np.int32)
  known = np.zeros((length, 4), bool)
  known[: length // 2] = True
  controls = Controls(cond=plan, given=given, known=known)
  x = np.asarray(sample(params, keys, length, controls))
  assert x.shape == (3, length, 4) and x.dtype == np.int32
  assert (x[:, : length // 2] == 4).all()
  one = sample(
    params, keys[1:2], length, controls._replace(cond=plan[:1], given=given[:1])
  )
  np.testing.assert_array_equal(one[0], x[1])


def test_candidates_of_a_piece_have_one_plan():
  _, params, sample = written()
  keys = jax.random.split(jax.random.key(0), (3, 4))
  plan = np.stack([annotation_text.plan(Form(12, 1, phrase_ends=(6, 12)))] * 3)
  controls = Controls(cond=jnp.asarray(plan))
  x = np.asarray(sample(params, keys, 12, controls))
  assert x.shape == (3, 12, 4)
  # The first of the candidates is not always the best.
  alone = np.asarray(sample(params, keys[:, 0], 12, controls))
  assert (x != alone).any()
  one = sample(params, keys[1:2], 12, controls._replace(cond=plan[1:2]))
  np.testing.assert_array_equal(one[0], x[1])


def test_length_and_phrases_are_kept_beside_the_codes():
  cond = np.zeros((2, 8, len(names.COLUMNS)), np.int16)
  cond[..., names.POSITION] = 1 + np.arange(8) % 4
  cond[..., names.LENGTH], cond[..., names.PHRASES] = 5, 1 + np.arange(8)
  bars = coding.bars_of(jnp.asarray(cond), 4)
  spread = coding.to_steps(CODES, bars, some_codes(2, bars.num), cond)
  columns = [names.POSITION, names.LENGTH, names.PHRASES]
  np.testing.assert_array_equal(spread[..., columns], cond[..., columns])
  hidden = np.asarray(_with_phrases(jnp.asarray(cond), jnp.array([[1], [0]])))
  np.testing.assert_array_equal(hidden[0], cond[0])
  assert not hidden[1, :, names.PHRASES].any()
  assert (hidden[1, :, names.LENGTH] == 5).all()


def test_padding_changes_neither_loss_nor_annotations():
  family, params, _ = written()
  batch = families.batch(family, 4)
  longer = families.batch(family, 4, seed=9, length=families.LENGTH + 5)
  for key in ('x', 'cond', 'mask'):
    longer[key][:, families.LENGTH :] = 0
    longer[key][:, : families.LENGTH] = batch[key]
  both = [
    jax.jit(
      lambda b: (
        family.model.loss(params, b, jax.random.key(1), step=0, train=False),
        family.model.metrics(params, b, jax.random.key(1)),
        family.model.annotate(params, b)[:, : families.LENGTH]
        * (b['mask'] > 0)[:, : families.LENGTH, None],
      )
    )(b)
    for b in (batch, longer)
  ]
  # The order of the shuffled bars is another.
  for _, figures, _ in both:
    del figures['nll_given_shuffled_codes_style_per_note']
  families.close(*both, 1e-5)


def test_all_bars_are_shuffled_and_nothing_else():
  real = jnp.arange(9) < 6
  order = _shuffled(jax.random.key(3), real)
  assert sorted(order[:6].tolist()) == list(range(6))
  assert order[:6].tolist() != list(range(6))


def test_bits_of_several_planes_are_analysed():
  spec = Spec('bits', 30, (30,), planes=3)
  model = families.make(
    'structure',
    spec,
    HEADS['bernoulli'](depth=30),
    {'conditioning': families.ALL_COLUMNS},
    **OPTIONS,
  )
  batch = {
    'x': np.zeros((2, 9, 30), np.uint8),
    'mask': np.ones((2, 9), np.float32),
    'row': np.arange(2, dtype=np.uint32),
    'cond': np.zeros((2, 9, len(names.COLUMNS)), np.int16),
  }
  params = jax.eval_shape(model.init, jax.random.key(0), batch)
  # A filter covers three steps and thirteen pitches of each plane.
  kernel = params['analyser']['conv']['Dense_0']['kernel']
  assert kernel.shape == (3 * 13 * 3, 2)


OPTIONS = {
  'hidden': 3,
  'layers': 1,
  'planner_hidden': 3,
  'analyser_hidden': 3,
  'analyser_channels': 2,
  'bar_steps': 4,
}


@pytest.mark.parametrize(
  'kind,conditioning,changes,message',
  [
    ('tokens', families.ALL_COLUMNS, {}, 'bars of a grid, not events'),
    ('bits', Conditioning(), {}, 'no annotations to predict'),
    (
      'bits',
      families.ALL_COLUMNS,
      {'bar_steps': 6},
      'model.bar_steps=6: give a multiple of 4',
    ),
    ('bits', families.ALL_COLUMNS, {'bar_steps': 400}, 'model.bar_steps=400'),
    (
      'bits',
      families.ALL_COLUMNS,
      {'cell': 'gro'},
      'model.cell=gro: give one of rnn',
    ),
    ('bits', METERED, {}, 'plans bars of one meter'),
    ('bits', families.ALL_COLUMNS, {'planner_hidden': 0}, 'planner_hidden=0'),
    ('bits', families.ALL_COLUMNS, {'dropout': 1.0}, 'dropout=1.0'),
  ],
)
def test_what_makes_no_model(kind, conditioning, changes, message):
  steps = np.zeros(6, np.int32) if kind == 'tokens' else None  # Of events.
  spec = Spec(kind, 6, (6,), steps_per_token=steps)
  with pytest.raises(UserError, match=message):
    families.make(
      'structure',
      spec,
      HEADS['bernoulli'](depth=6),
      {'conditioning': conditioning},
      **OPTIONS | changes,
    )


def test_a_melody_is_analysed_as_one_voice():
  x = np.random.default_rng(0).integers(0, 24, (2, 6))
  melody = Spec('tokens', 24, (), np.int16, 12)
  voice = Spec('voices', 12, (1,), np.uint8, 12)
  np.testing.assert_array_equal(
    planes_of(x, melody), planes_of(x[..., None], voice)
  )
  events = melody._replace(steps_per_token=np.ones(24, np.int32))
  assert melody.is_melody and not events.is_melody and not voice.is_melody
