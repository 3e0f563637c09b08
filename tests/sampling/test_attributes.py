"""Attributes: what they measure, and where more of one lies."""

import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.music.score import Score
from musiczoo.sampling import attributes


def test_a_direction_is_that_of_the_attribute():
  rng = np.random.default_rng(0)
  z = rng.normal(size=(400, 3))
  arrow = attributes.difference(z, 3 * z[:, 1] + 0.01 * z[:, 0])
  assert arrow[1] > 2 and np.abs(arrow[[0, 2]]).max() < 0.5


def test_attributes_measure_known_music():
  notes = [(0, 4, 60, 80, 0), (4, 4, 64, 80, 0), (4, 4, 68, 80, 0)]
  score = Score(np.array(notes, np.int32), resolution=4)
  assert attributes.density(score) == 1.5
  assert attributes.pitch(score) == 64
  np.testing.assert_allclose(attributes.spread(score), np.std([60, 64, 68]))
  silence = Score(np.zeros((0, 5), np.int32), resolution=4)
  assert all(np.isnan(f(silence)) for f in attributes.ATTRIBUTES.values())


def test_attributes_are_parsed_or_refused():
  assert attributes.parse('density:+1') == ('density', 1.0)
  assert attributes.parse('pitch:-0.5') == ('pitch', -0.5)
  for text in ('density', 'loudness:+1', 'pitch:high', 'pitch:nan', ''):
    with pytest.raises(UserError, match='give one of density, pitch, spread'):
      attributes.parse(text)
