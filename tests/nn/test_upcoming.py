"""Known notes ahead: the next ones of each voice, as intervals."""

import jax.numpy as jnp
import numpy as np

from musiczoo.nn.upcoming import features, NEVER, upcoming


def test_the_next_known_notes_are_found():
  # A note of two steps, one of one step, a rest; the third step is not known.
  x = jnp.array([[11, 10, 15, 21, 0, 21]])[..., None]
  known = jnp.array([[True, True, False, True, True, True]])[..., None]
  symbols, until = upcoming(x, known)
  np.testing.assert_array_equal(
    symbols[0, :, :, 0],
    [
      [5, 10, 10],
      [5, 10, 10],
      [0, 10, 10],
      [10, 10, 0],
      [0, 10, 0],
      [10, 0, 0],
    ],
  )
  np.testing.assert_array_equal(
    until[0, :, :, 0],
    [
      [0, 3, 5],
      [0, 2, 4],
      [NEVER, 1, 3],
      [0, 2, NEVER],
      [0, 1, NEVER],
      [0, NEVER, NEVER],
    ],
  )


def test_features_are_the_same_in_all_keys():
  rng = np.random.default_rng(0)
  x = rng.integers(2, 60, size=(2, 9, 3))
  known, before = rng.random(x.shape) < 0.6, rng.integers(2, 60, size=x.shape)
  one = features(*upcoming(jnp.asarray(x), jnp.asarray(known)), before)
  higher = upcoming(jnp.asarray(x + 14), jnp.asarray(known))
  np.testing.assert_array_equal(one, features(*higher, before + 14))
  assert 0 < one.mean() < 1
