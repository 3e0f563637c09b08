"""Rules that are forbidden in sampling are not broken in the Scores."""

import functools

import jax
import numpy as np
import pytest

from musiczoo import build
from musiczoo.evaluation.metrics.part_writing import violations
from musiczoo.nn.heads.rules import RULES
from musiczoo.sampling import checks, generate
from tests import configs

TINY = [
  ('model.hidden', '8'),
  ('head.hidden', '8'),
  ('head.features', '4'),
  ('sampling.phrase_candidates', '3'),
]
KINDS = {
  'parallels': {'parallel_fifths', 'parallel_octaves'},
  'crossings': {'crossings'},
  'leaps': {'leaps_over_octave'},
}


@functools.cache
def model():
  config = configs.load('chorales.py:gru', TINY)
  pipeline = build.pipeline(config)
  x = np.zeros((1, 4, 4), np.uint8)
  cond = np.zeros((1, 4, 11), np.int32)
  params = pipeline.model.init(jax.random.key(0), {'x': x, 'cond': cond})
  return pipeline, params


def kinds(*rules):
  """The kinds of broken rules in samples of a net without training."""
  pipeline, params = model()
  controls = checks.check_controls(
    pipeline, temperature=1.0, forbid=checks.parse_rules(list(rules))
  )
  music = generate.generate(
    pipeline, params, num_outputs=4, num_steps=144, seed=1, controls=controls
  )
  return {found.kind for score in music.scores for found in violations(score)}


def test_what_is_forbidden_does_not_happen():
  assert set.union(*KINDS.values()) <= kinds()
  assert not kinds('parallels') & KINDS['parallels']
  assert not kinds('crossings') & KINDS['crossings']
  # Leaps are relaxed before parallels are.
  assert not kinds('parallels', 'leaps') & KINDS['parallels']


def test_rules_are_named():
  assert checks.parse_rules([]) is None
  assert checks.parse_rules(['leaps']).tolist() == [r == 'leaps' for r in RULES]
  with pytest.raises(checks.UserError, match='--forbid=fifths: choose of'):
    checks.parse_rules(['fifths'])
