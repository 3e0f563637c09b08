"""The evaluator: the published protocols, however pieces are batched."""

import dataclasses

import jax
import numpy as np
import pytest

from musiczoo import build
from musiczoo.data.pieces import pack
from musiczoo.evaluation import likelihood as likelihood_lib
from musiczoo.music import annotations
from musiczoo.music.spec import Spec
from musiczoo.nn.heads import HEADS
from musiczoo.representations import REPRESENTATIONS
from musiczoo.training import parallel
from tests import families
from tests.evaluation import counting


def pieces(family, lengths, seed=0):
  rng = np.random.default_rng(seed)
  top = {'bits': 2, 'tokens': families.DEPTH, 'voices': 2 * families.DEPTH}
  return [
    rng.integers(top[family.spec.kind], size=(n, *family.spec.shape)).astype(
      np.uint8
    )
    for n in lengths
  ]


def like(family):
  """A representation as far as the evaluator looks at one."""
  name = {'bits': 'pianoroll', 'tokens': 'melody', 'voices': 'voices'}
  music = REPRESENTATIONS[name[family.spec.kind]]()
  return music._replace(spec=music.spec._replace(shape=family.spec.shape))


def score(family, params, music, *, batch_size, mode='jit', devices=1):
  place = parallel.MODES[mode](jax.devices()[:devices])
  pipeline = build.Pipeline(like(family), family.model)
  likelihood = likelihood_lib.make_likelihood(
    place, pipeline, pack(music), batch_size
  )
  return likelihood(place.replicate(jax.device_get(params)))


@pytest.mark.parametrize('head', ['bernoulli', 'voices'])
@pytest.mark.parametrize('mode,devices', [('jit', 1), ('jit', 4), ('pmap', 2)])
def test_batched_and_padded_equals_piece_by_piece(head, mode, devices):
  family = families.build('gru', head)
  music = pieces(family, [3, 70, 9, 1, 40, 33, 8])
  params = family.model.init(jax.random.key(0), families.batch(family))
  figures = score(
    family, params, music, batch_size=3, mode=mode, devices=devices
  )
  each = [score(family, params, [x], batch_size=1) for x in music]
  unit = 'nll_per_frame' if head == 'bernoulli' else 'nll_per_note'
  steps = [len(x) for x in music]
  alone = [e[unit] for e in each]
  np.testing.assert_allclose(figures[unit], np.average(alone, weights=steps))
  np.testing.assert_allclose(figures[f'{unit}_by_piece'], np.mean(alone))
  if head == 'bernoulli':
    later = [
      (e['nll_per_frame_tcn'], n - 1) for e, n in zip(each, steps) if n > 1
    ]
    values, weights = zip(*later)
    np.testing.assert_allclose(
      figures['nll_per_frame_tcn'], np.average(values, weights=weights)
    )


def test_the_nats_of_each_piece_are_those_of_it_alone():
  family = families.build('gru', 'voices')
  music = pieces(family, [9, 3, 70])
  params = family.model.init(jax.random.key(0), families.batch(family))
  place = parallel.jit(jax.devices()[:4])
  pipeline = build.Pipeline(like(family), family.model)
  nats = likelihood_lib.make_piece_nll(place, pipeline, 2)
  found = nats(place.replicate(jax.device_get(params)), pack(music))
  alone = [
    score(family, params, [x], batch_size=1)['nll_per_note'] for x in music
  ]
  np.testing.assert_allclose(found, alone, rtol=1e-5)


def test_the_nats_of_a_piece_in_windows_are_those_of_all_of_them():
  family = families.build('unigram')
  lengths = [20, 3, 40]
  music = pieces(family, lengths)
  cond = [np.zeros((n, len(annotations.COLUMNS)), np.int16) for n in lengths]
  for table in cond:
    table[:, annotations.POSITION] = np.arange(len(table)) % 4 + 1
  params = jax.device_get(
    family.model.init(jax.random.key(0), families.batch(family))
  )
  place = parallel.jit(jax.devices()[:1])
  pipeline = build.Pipeline(
    like(family), dataclasses.replace(family.model, window=8)
  )
  nats = likelihood_lib.make_piece_nll(place, pipeline, 2)
  alone = [score(family, params, [x], batch_size=1) for x in music]
  np.testing.assert_allclose(
    nats(place.replicate(params), pack(music, cond)),
    [a['nll_per_token'] for a in alone],
    rtol=1e-5,
  )


def test_unigram_has_the_likelihood_that_counting_has():
  """Law 7 by hand: a head of the frequencies scores as they do."""
  head = HEADS['bernoulli'](depth=families.DEPTH)
  music = Spec('bits', families.DEPTH, (families.DEPTH,))
  model = families.make('unigram', music, head)
  rng = np.random.default_rng(0)
  often = rng.random(families.DEPTH)
  train, test = (
    [(rng.random((n, families.DEPTH)) < often).astype(np.uint8) for n in m]
    for m in ([50, 30, 20], [1, 7, 30])
  )
  frames = np.concatenate(train)
  p = (frames.sum(0) + 0.5) / (len(frames) + 1)
  family = families.Family(model, None, music)
  params = model.init(jax.random.key(0), families.batch(family))
  flat, tree = jax.tree.flatten(params)
  logit = np.log(p / (1 - p)).astype(np.float32)
  params = jax.tree.unflatten(
    tree, [logit if a.shape == p.shape else a for a in flat]
  )
  figures = score(family, params, test, batch_size=2)
  for name, value in counting.unigram(train, test).items():
    np.testing.assert_allclose(figures[name], value, rtol=1e-5)


def test_a_voice_and_step_is_a_note():
  family = families.build('rnn', 'voices')
  music = pieces(family, [5, 8])
  params = family.model.init(jax.random.key(0), families.batch(family))
  figures = score(family, params, music, batch_size=2)
  total = 0.0
  for x in music:
    batch = {
      'x': x[None],
      'mask': np.ones((1, len(x)), np.float32),
      'row': np.zeros(1, np.uint32),
    }
    sums, _ = family.model.loss(
      params, batch, jax.random.key(0), step=0, train=False
    )
    total += float(sums['loss'])
  np.testing.assert_allclose(
    figures['nll_per_note'], total / (4 * 13), rtol=1e-5
  )
  parts = figures['nll_per_note_pitch'] + figures['nll_per_note_onset']
  np.testing.assert_allclose(figures['nll_per_note'], parts, rtol=1e-5)


@pytest.mark.parametrize(
  'family,columns,name',
  [
    ('gru', ('position',), 'nll_per_note'),
    ('gru', ('chord', 'position', 'key'), 'nll_given_key_chord_per_note'),
    ('structure', ('key', 'style'), 'nll_bound_given_style_per_note'),
    ('structure', ('key', 'chord'), 'nll_bound_per_note'),
  ],
)
def test_the_name_has_what_the_figure_is_conditioned_on(family, columns, name):
  made = families.build(family, 'voices')
  conditions = build.Conditions(columns, (), 1, 0.0, False)
  pipeline = build.Pipeline(like(made), made.model, conditions)
  assert likelihood_lib.monitor_name(pipeline) == name


def test_a_model_trained_without_conditions_is_scored_without_them():
  family = families.build('gru, conditioned', 'voices')
  music = pieces(family, [7, 4])
  shape = len(annotations.COLUMNS)
  cond = [np.ones((len(x), shape), np.int16) for x in music]
  params = family.model.init(jax.random.key(0), families.batch(family))
  place = parallel.jit(jax.devices()[:1])

  def figures(dropout, cond):
    conditions = build.Conditions(
      ('position', 'key', 'chord'), (), 1, dropout, False
    )
    pipeline = build.Pipeline(like(family), family.model, conditions)
    likelihood = likelihood_lib.make_all_likelihoods(
      place, pipeline, pack(music, cond), 2
    )
    return likelihood(place.replicate(jax.device_get(params)))

  both = figures(0.5, cond)
  given = figures(0.2, cond)
  assert given['nll_given_key_chord_per_note'] == pytest.approx(
    both['nll_given_key_chord_per_note']
  )
  assert 'nll_per_note' not in given
  for table in cond:
    table[:, [annotations.KEY, annotations.ROOT, annotations.QUALITY]] = 0
  hidden = figures(0.2, cond)['nll_given_key_chord_per_note']
  assert both['nll_per_note'] == pytest.approx(hidden)
  assert hidden != pytest.approx(given['nll_given_key_chord_per_note'])


@pytest.mark.parametrize(
  'head,ends',
  [
    ('bernoulli', ('', '_by_piece', '_tcn', '_tcn_by_piece')),
    ('voices', ('', '_by_piece', '_pitch', '_onset')),
  ],
)
def test_frames_and_parts_have_the_name_of_the_whole(head, ends):
  family = families.build('gru', head)
  music = pieces(family, [9, 3])
  params = family.model.init(jax.random.key(0), families.batch(family))
  place = parallel.jit(jax.devices()[:1])
  pipeline = build.Pipeline(
    like(family), family.model, build.Conditions(('key',), (), 1, 0.0, False)
  )
  likelihood = likelihood_lib.make_likelihood(place, pipeline, pack(music), 2)
  found = likelihood(place.replicate(jax.device_get(params)))
  name = f'nll_given_key_per_{pipeline.spec.unit}'
  assert set(found) == {name + end for end in ends}
