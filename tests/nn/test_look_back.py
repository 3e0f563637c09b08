"""What earlier bars had, by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.music.annotations import BAR, COLUMNS, MAX_BARS, METER
from musiczoo.nn import places
from musiczoo.nn.look_back import BARS, Earlier, LookBack

DEPTH = 3
MODULE = LookBack(2, DEPTH, 4)  # A bar of as many steps as eighth notes.


def find(before, meter, past=None):
  """Of one row: tokens and repeats [T, K], and the past after it."""
  before = jnp.asarray(before)[None]
  cond = np.zeros((*before.shape, len(COLUMNS)), np.int16)
  cond[..., METER] = meter
  given = before, jnp.asarray(cond), past
  found, past = MODULE.apply({}, *given, method='find')
  return np.asarray(found.token[0]), np.asarray(found.repeats[0]), past


@pytest.mark.parametrize('meter', [1, 2, 3])
def test_of_each_step_it_is_what_whole_bars_before_had(meter):
  x = np.random.default_rng(meter).integers(DEPTH, size=40)
  before = np.append(-1, x[:-1])
  due, repeats, _ = find(before, meter)
  for t in range(len(x)):
    for k, bars in enumerate(BARS):
      then = t - bars * meter
      assert due[t, k] == (x[then] if then >= 0 else -1)
      assert repeats[t, k] == (then >= 1 and x[then - 1] == x[t - 1])


def test_an_unknown_meter_has_no_earlier_bars():
  due, repeats, _ = find(np.zeros(20, int), 0)
  assert (due == -1).all() and not repeats.any()


def test_in_halves_it_is_the_same():
  x = np.random.default_rng(0).integers(DEPTH, size=60)
  before = np.append(-1, x[:-1])
  due, repeats, _ = find(before, 3)
  first, same_first, past = find(before[:25], 3)
  second, same_second, _ = find(before[25:], 3, past)
  np.testing.assert_array_equal(np.concatenate([first, second]), due)
  np.testing.assert_array_equal(
    np.concatenate([same_first, same_second]), repeats
  )


def test_each_gate_is_added_where_its_bar_points():
  token = jnp.array([[[1, 1, 2, -1], [-1, -1, -1, -1]]])
  earlier = Earlier(token, token < 0)
  h, cond = jnp.zeros((1, 2, 5)), jnp.zeros((1, 2, len(COLUMNS)), jnp.int16)
  params = MODULE.init(jax.random.key(0), h, cond, earlier, method='logits')
  found = MODULE.apply(params, h, cond, earlier, method='logits')
  np.testing.assert_allclose(found, [[[0, 2, 1], [0, 0, 0]]])


def test_gates_depend_on_the_place_and_on_whether_it_repeats():
  h, cond = jnp.zeros((1, 3, 5)), np.zeros((1, 3, len(COLUMNS)), np.int16)
  cond[0, :, BAR], cond[0, :, METER] = (8, 9, 9), 3
  token = jnp.array([[[1, -1, -1, -1]] * 3])
  earlier = Earlier(token, jnp.array([[[0] * 4, [0] * 4, [1] * 4]], bool))
  given = h, jnp.asarray(cond), earlier
  params = MODULE.init(jax.random.key(0), *given, method='logits')['params']
  table = np.zeros_like(params['of_place']['table']['embedding'])
  # Bar 9 is repeated less, but where the step before repeats.
  table[places.place(cond[0, 1], MAX_BARS), [0, len(BARS)]] = -3, 5
  table = {'table': {'embedding': jnp.asarray(table / places.SCALE)}}
  params = params | {'of_place': table}
  found = MODULE.apply({'params': params}, *given, method='logits')
  np.testing.assert_allclose(found[0, :, 1], [1, 1 - 3, 1 - 3 + 5])
