"""Configs: each builds, and a key that can't be used is refused."""

import dataclasses

import jax
import numpy as np
import pytest

from experiments.configs import chorales, poly, tracks, tunes
from musiczoo import build
from musiczoo.data.pieces import pack
from musiczoo.errors import UserError
from musiczoo.models.zoo import ZOO
from musiczoo.music import annotations
from musiczoo.runs import workdir
from tests import configs

VARIANTS = [
  f'{module.__name__.rsplit(".", 1)[-1]}.py:{variant}'
  for module in (chorales, poly, tracks, tunes)
  for variant in module.VARIANTS
]
OF_FAMILY = {
  family: 'poly.py:unigram' if family == 'unigram' else f'chorales.py:{family}'
  for family in ZOO
}


def config(variant, **changes):
  return configs.load(
    variant, [(k.replace('__', '.'), v) for k, v in changes.items()]
  )


@pytest.mark.parametrize('variant', VARIANTS)
def test_every_variant_builds_a_model_that_has_a_loss(variant):
  options = config(variant)
  pipeline = build.pipeline(options)
  build.optimizer(options)
  params = workdir.shapes(pipeline)
  num = options.batch_size
  representation = pipeline.representation
  x = np.zeros((40, *representation.spec.shape), representation.spec.dtype)
  cond = np.zeros((40, len(annotations.COLUMNS)), np.int16)
  pieces = pack([x] * num, [cond] * num)
  batch = build.batches(options, pipeline, pieces)(0, 0)
  sums, weight = jax.eval_shape(
    lambda p: pipeline.model.loss(
      p, batch, jax.random.key(0), step=0, train=True
    ),
    params,
  )
  assert all(s.shape == () and s.dtype == np.float32 for s in sums.values())
  assert weight.shape == ()


# What a change of these numbers means: old checkpoints no longer load, so it
# needs a line in the changelog.
PARAMETERS = {
  'rnn': 819_718,
  'lstm': 1_533_958,
  'gru': 1_296_390,
  'cnn': 1_115_014,
  'gan': 1_013_697,
  'structure': 1_531_514,
}


@pytest.mark.parametrize('family', PARAMETERS)
def test_parameter_counts_are_pinned(family):
  params = workdir.shapes(build.pipeline(config(f'chorales.py:{family}')))
  count = sum(int(np.prod(p.shape)) for p in jax.tree.leaves(params))
  assert count == PARAMETERS[family]


@pytest.mark.parametrize(
  'variant,changes,message',
  [
    ('lstm', {'family': 'lstn'}, '--config.family=lstn: give one of unigram'),
    ('lstm', {'head__name': 'vioces'}, '--config.head.name=vioces: give one'),
    (
      'lstm_pianoroll',
      {'representation__name': 'events'},
      "head 'bernoulli' predicts bits, but representation 'events' gives",
    ),
    ('lstm', {'head__voices': '3'}, 'the music has 4 voices'),
    ('vae', {'window_align': 'anywhere'}, 'windows that begin with a bar'),
    ('lstm', {'optimizer__name': 'sgd'}, '--config.optimizer.name=sgd: give'),
    (
      'lstm',
      {'representation__name': 'pianoroll', 'head__name': 'bernoulli'},
      'config.head.voices means nothing here: nothing can be set',
    ),
    (
      'gan',
      {'representation__name': 'melody'},
      'this family writes rolls, not tokens',
    ),
    ('lstm', {'conditions__columns': 'moon'}, "no condition 'moon'"),
    ('lstm', {'conditions__styles': 'jazz'}, 'add style to'),
    ('lstm', {'conditions__dropout': '1.0'}, 'give 0 or more, below 1'),
    ('gan', {'sections__required_planes': '1'}, 'give a list'),
    ('lstm', {'ema_decay': '1.0'}, '--config.ema_decay=1.0: give 0 or more'),
    ('lstm', {'parallel': 'both'}, '--config.parallel=both: give one of jit'),
    ('lstm', {'split': '80/20'}, '--config.split=80/20: give hash, all, or'),
  ],
)
def test_what_does_not_fit_is_refused(variant, changes, message):
  with pytest.raises(UserError, match=message):
    build.pipeline(config(f'chorales.py:{variant}', **changes))


def refused(plain):
  """The one line that refuses a config."""
  with pytest.raises(UserError) as error:
    build.pipeline(build.RunConfig.from_dict(plain))
  assert '\n' not in str(error.value)
  return str(error.value)


def places(plain):
  """(table, key) of every key of a config; of the tables too, in None."""
  for key, value in plain.items():
    yield None, key
    if isinstance(value, dict):
      yield from ((key, name) for name in value)


def with_key(plain, table, key, value):
  if table is None:
    return plain | {key: value}
  return plain | {table: plain[table] | {key: value}}


@pytest.mark.parametrize('family', ZOO)
def test_every_key_of_every_family_is_checked(family):
  plain = config(OF_FAMILY[family]).to_dict()
  tables = [None, *(k for k, v in plain.items() if isinstance(v, dict))]
  for table in tables:
    unknown = refused(with_key(plain, table, 'moonlight', 3))
    assert (
      f'{table}.moonlight' in unknown
      or table is None
      or ('head has no name' in unknown)
    )
    assert 'moonlight' in unknown or 'head has no name' in unknown
  for table, key in places(plain):
    # No value has this type.
    message = refused(with_key(plain, table, key, object()))
    assert key in message, message
    if table in (None, 'conditions', 'sections'):
      less = {
        k: v for k, v in (plain[table] if table else plain).items() if k != key
      }
      assert key in refused(plain | {table: less} if table else less)


# What a family has no use for, each of them by the name of its key.
UNUSED = {
  'conditions.columns': ('unigram', 'autoencoder', 'vae'),
  'remat': ('unigram',),
  'dtype': (),  # Heads compute in it, too.
}
ASKED = {'conditions.columns': ('key',), 'remat': True, 'dtype': 'bfloat16'}


FORM = 'position', 'meter', 'bar', 'style'


@pytest.mark.parametrize(
  'variant,table,key,value,message',
  [
    ('chorales.py:gru', 'model', 'look_back', 8, 'of melodies, not voices'),
    ('tracks.py:lstm_events', 'model', 'look_back', 8, 'of melodies, not tok'),
    ('tracks.py:cnn_compound', 'model', 'look_back', 8, 'not compound'),
    (
      'tunes.py:rnn',
      'conditions',
      'columns',
      ('bar', 'key', 'style'),
      'add position,me',
    ),
    ('tunes.py:cnn', 'conditions', 'columns', FORM, 'add key to'),
    ('chorales.py:gru', 'model', 'degrees', 8, 'of melodies, not voices'),
  ],
)
def test_only_melodies_whose_form_is_known_look_back_and_have_degrees(
  variant, table, key, value, message
):
  plain = config(variant).to_dict()
  assert message in refused(with_key(plain, table, key, value))


@pytest.mark.parametrize('family', ZOO)
@pytest.mark.parametrize('key', UNUSED)
def test_what_a_family_has_no_use_for_is_refused(family, key):
  table, _, name = key.rpartition('.')
  plain = config(OF_FAMILY[family]).to_dict()
  asked = with_key(plain, table or None, name, ASKED[key])
  if family == 'structure' and key == 'conditions.columns':
    asked[table]['columns'] += tuple(plain[table]['columns'])
  if family in UNUSED[key]:
    assert f'--config.{key}' in refused(asked)
  else:
    build.pipeline(build.RunConfig.from_dict(asked))


@pytest.mark.parametrize('family', ZOO)
def test_a_head_is_there_where_it_is_needed_and_only_there(family):
  plain = config(OF_FAMILY[family]).to_dict()
  other = {} if plain['head'] else {'name': 'bernoulli'}
  assert 'head' in refused(plain | {'head': other})


@pytest.mark.parametrize('variant', VARIANTS)
def test_a_config_comes_back_from_its_dict(variant):
  found = config(variant)
  assert build.RunConfig.from_dict(found.to_dict()) == found
  with pytest.raises(UserError, match='give 1 or more'):
    dataclasses.replace(found, batch_size=0)


@pytest.mark.parametrize(
  'changes,made',
  [
    ({}, False),
    ({'window_align': 'bar'}, True),
    ({'conditions__columns': 'key'}, True),
    ({'sections__bar_steps': '16'}, True),
  ],
  ids=str,
)
def test_conditions_are_made_where_something_needs_them(changes, made):
  pipeline = build.pipeline(config('poly.py:gru_nade', **changes))
  assert (pipeline.annotate is not None) == made
