"""Flags of input music: parts that a model can accompany, and others."""

from absl import flags
from absl.testing import flagsaver
import pytest

from experiments import input_flags
from musiczoo import build
from musiczoo.errors import UserError
from tests import configs


@pytest.fixture(autouse=True)
def parsed():
  flags.FLAGS.mark_as_parsed()


def check(variant, flag, part=None):
  config = configs.load(variant)
  with flagsaver.flagsaver(accompany_part=part):
    input_flags.check(config, build.pipeline(config), flag)


def test_a_part_that_a_model_wrote_others_to():
  check('chorales.py:infill', 'accompany_midi', 'Bass')
  check('chorales.py:infill', 'harmonize_midi')
  check('chorales.py:gru', 'harmonize_midi')
  check('chorales.py:gru', 'accompany_midi', 'Soprano')
  check('chorales.py:gan', 'accompany_midi', 'Soprano')
  check('tracks.py:gan', 'accompany_midi', 'Drums')


@pytest.mark.parametrize(
  'variant,flag,part,message',
  [
    ('chorales.py:gan', 'accompany_midi', 'Bass', 'choose of Soprano$'),
    ('tracks.py:gan', 'accompany_midi', 'Tuba', 'choose of Drums, Bass,'),
    ('tracks.py:gan', 'harmonize_midi', None, 'give --accompany_midi and'),
    ('chorales.py:gru', 'accompany_midi', 'Bass', 'choose of Soprano$'),
    ('chorales.py:structure', 'harmonize_midi', None, 'cannot be used'),
    ('chorales.py:gru_events', 'harmonize_midi', None, 'cannot be used'),
    ('chorales.py:gru', 'infill_midi', None, 'cannot be used'),
  ],
)
def test_what_no_model_can_is_refused(variant, flag, part, message):
  with pytest.raises(UserError, match=message):
    check(variant, flag, part)
