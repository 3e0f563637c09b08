"""What earlier bars had, by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.music.annotations import COLUMNS, METER
from musiczoo.nn.look_back import BARS, LookBack

FEATURES = 3
MODULE = LookBack(2, FEATURES)  # A bar of as many steps as eighth notes.


def features(before, meter, past=None):
  """Projections that add nothing, so that each is what was looked up."""
  before = jnp.asarray(before)[None]
  cond = np.zeros((*before.shape, len(COLUMNS)), np.int16)
  cond[..., METER] = meter
  embed = lambda x: jax.nn.one_hot(x, FEATURES)
  given = embed, before, jnp.asarray(cond), past
  params = {f'projections_{i}': {'kernel': np.eye(3)} for i in range(len(BARS))}
  found, past = MODULE.apply({'params': params}, *given)
  found = np.asarray(found[0]).reshape(before.shape[1], len(BARS), FEATURES + 1)
  due = np.where(found[..., :-1].any(-1), found[..., :-1].argmax(-1), -1)
  return due, found[..., -1], past


@pytest.mark.parametrize('meter', [1, 2, 3])
def test_of_each_step_it_is_what_whole_bars_before_had(meter):
  x = np.random.default_rng(meter).integers(FEATURES, size=40)
  before = np.append(-1, x[:-1])
  due, repeats, _ = features(before, meter)
  for t in range(len(x)):
    for k, bars in enumerate(BARS):
      then = t - bars * meter
      assert due[t, k] == (x[then] if then >= 0 else -1)
      assert repeats[t, k] == (then >= 1 and x[then - 1] == x[t - 1])


def test_an_unknown_meter_has_no_earlier_bars():
  due, repeats, _ = features(np.zeros(20, int), 0)
  assert (due == -1).all() and not repeats.any()


def test_in_halves_it_is_the_same():
  x = np.random.default_rng(0).integers(FEATURES, size=60)
  before = np.append(-1, x[:-1])
  due, repeats, _ = features(before, 3)
  first, same_first, past = features(before[:25], 3)
  second, same_second, _ = features(before[25:], 3, past)
  np.testing.assert_array_equal(np.concatenate([first, second]), due)
  np.testing.assert_array_equal(
    np.concatenate([same_first, same_second]), repeats
  )
