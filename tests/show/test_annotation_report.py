"""A model's annotations of each bar, beside those of the rules."""

import jax
import numpy as np
import pytest

from musiczoo import build
from musiczoo.errors import UserError
from musiczoo.music import annotations
from musiczoo.music.score import Score
from musiczoo.show import annotation_report
from tests import configs


def pipeline(variant, **changes):
  small = {'model.hidden': '4', 'head.hidden': '4', 'head.features': '2'}
  return build.pipeline(
    configs.load(f'chorales.py:{variant}', (small | changes).items())
  )


# A pick-up of a quarter and two bars of C.
SONG = Score(
  np.array(
    [
      (0, 4, 60, 80, 0),
      (4, 16, 60, 80, 0),
      (4, 16, 64, 80, 0),
      (20, 16, 60, 80, 0),
      (20, 16, 64, 80, 0),
    ],
    np.int32,
  ),
  meters=np.array([(0, 1, 4), (4, 4, 4)], np.int32),
  resolution=4,
)


def test_each_bar_has_a_line_and_what_the_rules_say_otherwise():
  small = {
    'model.planner_hidden': '3',
    'model.analyser_hidden': '3',
    'model.analyser_channels': '2',
    'model.layers': '1',
  }
  model = pipeline('structure', **small)
  cond = np.zeros((1, 36, len(annotations.COLUMNS)), np.int16)
  batch = {
    'x': np.zeros((1, 36, 4), np.uint8),
    'cond': cond,
    'mask': np.ones((1, 36), np.float32),
    'row': np.zeros(1, np.uint32),
  }
  params = jax.jit(model.model.init)(jax.random.key(0), batch)
  found, ruled = annotation_report.annotate(model, params, SONG)
  assert found.shape == ruled.shape == (36, len(annotations.COLUMNS))
  np.testing.assert_array_equal(found[:, annotations.POSITION], ruled[:, 0])
  lines = list(annotation_report.report(model, params, SONG))
  bars = [line.split()[0] for line in lines if ' model ' in line]
  assert bars == ['1', '2', '3']
  # An untrained model differs from the rules.
  rules = [line for line in lines if line.lstrip().startswith('rules')]
  assert 0 < len(rules) <= 3 and all(len(line) <= 80 for line in lines)


def test_a_model_that_does_not_annotate_is_refused():
  with pytest.raises(UserError, match='does not annotate music'):
    annotation_report.annotate(pipeline('gru'), None, SONG)
