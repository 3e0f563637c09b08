"""Likelihood by place: the places are all of a piece, each weighed by itself."""

import jax
import numpy as np
import pytest

from musiczoo import build
from musiczoo.data.pieces import pack
from musiczoo.evaluation import likelihood, places
from musiczoo.music import annotations
from musiczoo.music.spec import Spec
from musiczoo.nn.conditioning import Conditioning
from musiczoo.nn.heads import HEADS
from musiczoo.representations import REPRESENTATIONS
from musiczoo.training import parallel
from tests import families

SPEC = Spec('voices', 6, (4,), steps_per_quarter=1)
COLUMNS = 'position', 'phrases'


def pipeline():
  conditioning = Conditioning(annotations.columns(COLUMNS), 3)
  head = HEADS['voices'](6, voices=4, features=3, hidden=5)
  more = {'conditioning': conditioning}
  model = families.make('gru', SPEC, head, more, hidden=7, layers=1)
  voices = REPRESENTATIONS['voices']()._replace(spec=SPEC)
  return build.Pipeline(
    voices, model, build.Conditions(COLUMNS, (), 3, 0.5, False)
  )


def test_places_add_up_to_the_piece():
  made = pipeline()
  assert places.can_be_measured(made)
  rng = np.random.default_rng(0)
  x = rng.integers(0, 12, (20, 4)).astype(np.uint8)
  cond = np.zeros((20, len(annotations.COLUMNS)), np.int16)
  annotations.set_form(cond, 1, 4, np.array([9, 15]))
  pieces = pack([x], [cond])
  place = parallel.jit(jax.devices()[:1])
  batch = {'x': x[None], 'cond': cond[None]}
  params = made.model.init(jax.random.key(0), batch)
  params = place.replicate(jax.device_get(params))
  given = place, made, pieces, 1
  found = likelihood.make_metrics(*given, places.make_metrics(made))(params)
  # Steps of the opening, of three ends of four each, and what is left.
  steps = {'openings': 1, 'phrase_ends': 12, 'elsewhere': 7}
  total = sum(found[f'nll_{name}_per_note'] * n for name, n in steps.items())
  whole = likelihood.make_likelihood(*given)(params)['nll_per_note']
  assert total / 20 == pytest.approx(whole, rel=1e-5)


def test_a_place_that_no_piece_has_is_left_out():
  made = pipeline()
  x = np.zeros((1, 4), np.uint8)
  cond = np.zeros((1, len(annotations.COLUMNS)), np.int16)
  place = parallel.jit(jax.devices()[:1])
  params = made.model.init(
    jax.random.key(0), {'x': x[None], 'cond': cond[None]}
  )
  params = place.replicate(jax.device_get(params))
  measure = places.make_metrics(made)
  given = place, made, pack([x], [cond]), 1
  found = likelihood.make_metrics(*given, measure)(params)
  assert list(found) == ['nll_openings_per_note']


def test_only_models_of_phrases_have_places():
  made = pipeline()
  conditions = build.Conditions(('position',), (), 3, 0.5, False)
  assert not places.can_be_measured(made._replace(conditions=conditions))
