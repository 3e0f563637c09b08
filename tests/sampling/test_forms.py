"""Forms of samples: asked for or planned, and kept in the Scores."""

import functools

import jax
import numpy as np
import pytest

from musiczoo import build
from musiczoo.errors import UserError
from musiczoo.sampling import checks, forms, generate
from tests import configs

TINY = [
  ('model.hidden', '8'),
  ('head.hidden', '8'),
  ('head.features', '4'),
  ('sampling.phrase_candidates', '3'),
]


@functools.cache
def model():
  pipeline = build.pipeline(configs.load('chorales.py:gru', TINY))
  x = np.zeros((1, 4, 4), np.uint8)
  cond = np.zeros((1, 4, 11), np.int32)
  return pipeline, pipeline.model.init(
    jax.random.key(0), {'x': x, 'cond': cond}
  )


def test_phrases_and_length_agree():
  pipeline, _ = model()
  asked = checks.check_form(pipeline, None, '3/4', '12,12')
  assert asked == {
    'num_steps': 96,
    'time_signature': (3, 4),
    'phrase_ends': (48, 96),
  }
  (form,) = forms.plan(pipeline, 1, seed=0, **asked)
  assert form.phrase_ends == (48, 96) and form.bar_steps == 12
  with pytest.raises(UserError, match='--phrases=8 are 32 steps'):
    checks.check_form(pipeline, 64, None, '8')
  plain = build.pipeline(configs.load('chorales.py:vae'))
  with pytest.raises(UserError, match='--phrases cannot be used'):
    checks.check_form(plain, None, None, '8')
  events = build.pipeline(configs.load('chorales.py:lstm_events'))
  with pytest.raises(UserError, match='--phrase_candidates cannot'):
    checks.check_candidates(events, 2)


def test_samples_have_the_meters_and_phrases_of_their_form():
  pipeline, params = model()
  music = generate.generate(
    pipeline, params, num_outputs=3, num_steps=64, seed=0
  )
  planned = forms.plan(pipeline, 3, 64, 0)
  for score, form in zip(music.scores, planned):
    assert tuple(score.phrase_ends.tolist()) == form.phrase_ends
    np.testing.assert_array_equal(score.meters, form.meters)
