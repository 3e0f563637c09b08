"""Places in a form: all different, again after so many bars."""

import itertools

import jax
import numpy as np

from musiczoo.music.annotations import (
  BAR,
  COLUMNS,
  MAX_BAR_STEPS,
  MAX_METER,
  METER,
  POSITION,
)
from musiczoo.nn import places


def conditions(meter, bar, position):
  cond = np.zeros((*np.shape(bar), len(COLUMNS)), np.int16)
  cond[..., METER], cond[..., BAR], cond[..., POSITION] = meter, bar, position
  return cond


def test_places_are_numbered_once():
  each = itertools.product(
    range(MAX_METER + 1), range(1, 5), range(MAX_BAR_STEPS + 1)
  )
  found = places.place(conditions(*np.array(list(each)).T), 4)
  np.testing.assert_array_equal(np.sort(found), np.arange(len(found)))
  table = places.PlaceTable(4, 2)
  params = table.init(jax.random.key(0), conditions(0, 0, 0))['params']
  assert params['table']['embedding'].shape == (len(found), 2)


def test_a_form_begins_again():
  again = places.place(conditions(8, np.array([2, 10, 18, 26]), 5), 8)
  assert len(np.unique(again)) == 1
  assert places.place(conditions(8, 2, 5), 16) != places.place(
    conditions(8, 10, 5), 16
  )
