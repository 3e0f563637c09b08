"""Which cells are known in training: voices, and all but a hole of some steps.

Shapes: T steps, V voices.
"""

import jax
import jax.numpy as jnp

# Shares of the rows in which no voice is known throughout, and one; in the rest
# each is with even odds.
NONE, ONE = 0.45, 0.35
# Where one is known, how often it is the highest, as in harmonizing.
HIGHEST = 0.5
# Share of the rows whose hole is the whole row.
WHOLE = 0.65


def random_known(key, real_T, voices: int):
  """Draws which cells of a row are known, bool [T, V].

  Args:
    key: a PRNG key.
    real_T: which steps are no padding; they come first.
    voices: V.
  """
  keys = jax.random.split(key, 6)
  other = jax.random.randint(keys[0], (), 0, voices)
  one = jnp.where(jax.random.bernoulli(keys[1], HIGHEST), 0, other)
  kind = jax.random.uniform(keys[2])
  some_V = jax.random.bernoulli(keys[3], 0.5, (voices,))
  some_V = jnp.where(kind < NONE + ONE, jnp.arange(voices) == one, some_V)
  some_V &= kind >= NONE

  ends = jnp.sort(jax.random.uniform(keys[4], (2,))) * real_T.sum()
  step_T = jnp.arange(real_T.shape[0])
  hole_T = (step_T >= jnp.floor(ends[0])) & (step_T < jnp.ceil(ends[1]))
  hole_T |= jax.random.bernoulli(keys[5], WHOLE)
  return (some_V | ~hole_T[:, None]) & real_T[:, None]
