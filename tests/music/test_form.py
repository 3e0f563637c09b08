"""Forms: every plan fills the piece, and meters fit its pick-up."""

from hypothesis import given, strategies as st
import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.music import form as form_lib
from musiczoo.music.form import Form, plan_phrases


@given(
  st.integers(1, 600),
  st.sampled_from([1, 3, 4, 12]),
  st.sampled_from([(4, 4), (3, 4), (2, 2), (3, 2)]),
  st.integers(0, 2**32 - 1),
)
def test_phrases_fill_the_piece(steps, grid, signature, seed):
  form = plan_phrases(Form(steps, grid, signature), seed, 0)
  lengths = np.diff([0, *form.phrase_ends])
  assert (lengths > 0).all() and form.phrase_ends[-1] == steps
  assert 0 <= form.begin < form.bar_steps
  if form.bar_steps == 4 * grid and len(lengths) > 1:
    assert (lengths[:-1] >= form_lib.SHORTEST * grid).all()
    assert lengths[-1] <= form_lib.LONGEST_LAST * grid


def test_plans_are_those_of_chorales():
  """Most have a pick-up, and most phrases are of eight quarters."""
  forms = [plan_phrases(Form(256, 4), 0, piece) for piece in range(200)]
  pickups = np.mean([form.begin == 12 for form in forms])
  assert abs(pickups - form_lib.PICKUP_SHARE) < 0.1
  lengths = np.concatenate([np.diff([0, *f.phrase_ends]) for f in forms])
  assert 0.6 < (lengths == 32).mean() < 0.85
  assert plan_phrases(Form(256, 4), 0, 3) == forms[3]


@pytest.mark.parametrize(
  'form,meters',
  [
    (Form(64, 4), [[0, 4, 4]]),
    (Form(64, 4, begin=12), [[0, 1, 4], [4, 4, 4]]),
    (Form(64, 4, begin=14), [[0, 1, 8], [2, 4, 4]]),
    (Form(64, 4, (3, 4), begin=4), [[0, 2, 4], [8, 3, 4]]),
    (Form(2, 4, begin=12), [[0, 4, 4]]),
  ],
)
def test_a_pickup_is_a_meter_of_its_own(form, meters):
  assert form.meters.tolist() == meters


def test_phrases_and_time_signatures_are_parsed():
  assert form_lib.parse_phrases('16,4.5', 4) == (64, 82)
  assert form_lib.parse_time_signature('6/8', 4) == (6, 8)
  for text in '', '0', '4,-1', 'x', '4.1', 'inf', 'nan':
    with pytest.raises(UserError, match='--phrases=.*quarter notes'):
      form_lib.parse_phrases(text, 4)
  for text in '', '4', '0/4', '4/5', '5/16', '-4/4', '100/4':
    with pytest.raises(UserError, match='--time_signature='):
      form_lib.parse_time_signature(text, 3)
