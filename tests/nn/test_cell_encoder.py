"""CellEncoder: only known cells of real steps act, on both sides."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.nn.cell_encoder import CellEncoder

STEPS, VOICES, DEPTH = 9, 2, 6


@pytest.mark.parametrize('onsets', [True, False])
def test_only_known_cells_of_real_steps_act(onsets):
  rng = np.random.default_rng(0)
  x, other = rng.integers(2 * DEPTH, size=(2, 1, STEPS, VOICES))
  known = rng.random(x.shape) < 0.5
  real = np.arange(STEPS)[None] < 7
  encoder = CellEncoder(DEPTH, VOICES, 5, 2, onsets=onsets)
  variables = encoder.init(jax.random.key(0), x, known, real)
  encode = jax.jit(encoder.apply)
  counts = known & real[..., None]
  before = encode(variables, x, known, real)
  same = encode(variables, np.where(counts, x, other), known, real)
  np.testing.assert_array_equal(before[:, :7], same[:, :7])
  moved = encode(variables, np.where(counts, other, x), known, real)
  assert jnp.abs(before - moved).max() > 1e-3


def test_a_known_cell_acts_before_and_after_it():
  x = np.zeros((1, STEPS, VOICES), int)
  known = np.zeros(x.shape, bool)
  known[0, 4, 1] = True
  real = np.ones((1, STEPS), bool)
  encoder = CellEncoder(DEPTH, VOICES, 5, 3)
  variables = encoder.init(jax.random.key(0), x, known, real)
  other = x.copy()
  other[0, 4, 1] = 7
  a, b = (encoder.apply(variables, c, known, real) for c in (x, other))
  differs = np.abs(a - b).max(-1)[0] > 0
  assert differs[[3, 4, 5]].all()
