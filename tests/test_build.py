"""Configs: each builds, and what one says wrong is answered."""

import jax
import numpy as np
import pytest

from experiments import config as configs
from experiments.configs import chorales, poly, tracks
from musiczoo import build
from musiczoo.data import batches
from musiczoo.errors import UserError
from musiczoo.music import annotations
from musiczoo.runs import workdir

VARIANTS = [
    f'{module.__name__.rsplit(".", 1)[-1]}.py:{variant}'
    for module in (chorales, poly, tracks)
    for variant in module.VARIANTS
]


def config(variant, **changes):
  return configs.load(
      f'experiments/configs/{variant}',
      [(k.replace('__', '.'), v) for k, v in changes.items()],
  )


@pytest.mark.parametrize('variant', VARIANTS)
def test_every_variant_builds_a_model_that_has_a_loss(variant):
  options = config(variant)
  pipeline = build.pipeline(options)
  build.optimizer(options)
  build.schedule(options)
  params = workdir.shapes(pipeline)
  num = options['batch_size']
  representation = pipeline.representation
  x = np.zeros((40, *representation.spec.shape), representation.spec.dtype)
  cond = np.zeros((40, len(annotations.COLUMNS)), np.int16)
  pieces = batches.pack([x] * num, [cond] * num)
  batch = build.batches(options, pieces, pipeline.representation)(0, 0)
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
    'rnn': 459_312,
    'lstm': 1_148_976,
    'gru': 919_600,
    'cnn': 758_704,
    'gan': 1_013_697,
    'structure': 1_182_948,
}


@pytest.mark.parametrize('family', PARAMETERS)
def test_parameter_counts_are_pinned(family):
  params = workdir.shapes(build.pipeline(config(f'chorales.py:{family}')))
  count = sum(int(np.prod(p.shape)) for p in jax.tree.leaves(params))
  assert count == PARAMETERS[family]


@pytest.mark.parametrize(
    'variant,changes,message',
    [
        ('lstm', {'family': 'lstn'}, "config.family is 'lstn': choose one of"),
        ('lstm', {'head__name': 'vioces'}, "config.head.name is 'vioces'"),
        (
            'lstm_pianoroll',
            {'representation__name': 'events'},
            "head 'bernoulli' predicts bits, but representation 'events' gives",
        ),
        ('vae', {'begin': 'anywhere'}, 'windows that begin with a bar'),
        ('lstm', {'optimizer__name': 'sgd'}, "config.optimizer.name is 'sgd'"),
        (
            'lstm',
            {'representation__name': 'pianoroll', 'head__name': 'bernoulli'},
            'config.head.features means nothing here: nothing can be set',
        ),
        (
            'gan',
            {'representation__name': 'melody'},
            'this family writes rolls, not tokens',
        ),
    ],
)
def test_what_does_not_fit_is_said(variant, changes, message):
  options = config(f'chorales.py:{variant}', **changes)
  with pytest.raises(UserError, match=message):
    build.pipeline(options)
    build.optimizer(options)


@pytest.mark.parametrize('changes,told', [
    ({}, False),
    ({'begin': 'bar'}, True),
    ({'conditions': {'use': ('key',)}}, True),
    ({'passages': {'bar': 16}}, True),
], ids=str)
def test_conditions_are_made_where_somebody_asks_for_them(changes, told):
  asked = config('chorales.py:gru')
  for key, value in changes.items():
    asked[key] = asked[key] | value if isinstance(value, dict) else value
  representation = build.pipeline(asked).representation
  assert bool(build.annotate(asked, representation)) == told
