"""Known notes ahead, as intervals from the pitches that the voices are at.

Shapes: B rows, T steps, V voices, K places: the step itself and the next notes.
"""

import jax
import jax.numpy as jnp

NOTES = 2  # The next known notes of each voice.
# Distances of these notes in steps that are distinguished: up to so many.
UP_TO = 1, 2, 4, 8, 16
NEVER = UP_TO[-1] + 1


def upcoming(x_BxTxV, known_BxTxV):
  """The known symbol of each voice at a step, and its next known notes.

  Returns:
    (symbols [B, T, K, V], 0 where none is known or there is a rest; steps until
    each [B, T, K, V], NEVER where none is known).
  """
  steps = x_BxTxV.shape[1]
  before_BxTxV = jnp.pad(known_BxTxV, [(0, 0), (1, 0), (0, 0)])[:, :-1]
  # Where a note begins; or, after a hole, goes on.
  begins_BxTxV = known_BxTxV & ((x_BxTxV % 2 == 1) | ~before_BxTxV)
  t_Tx1 = jnp.arange(steps)[:, None]
  place_BxTxV = jnp.where(begins_BxTxV, t_Tx1, steps)
  place_BxTxV = jax.lax.cummin(place_BxTxV, axis=1, reverse=True)
  # Of step t the first place after it; of the last step, and of none, T.
  after_BxTxV = jnp.pad(
    place_BxTxV[:, 1:], [(0, 0), (0, 2), (0, 0)], constant_values=steps
  )
  symbol_BxTxV = jnp.pad(
    jnp.where(known_BxTxV, x_BxTxV // 2, 0), [(0, 0), (0, 1), (0, 0)]
  )
  at_BxTxV = jnp.where(known_BxTxV, t_Tx1, steps)
  places, place_BxTxV = [at_BxTxV], jnp.broadcast_to(t_Tx1, x_BxTxV.shape)
  for _ in range(NOTES):
    place_BxTxV = jnp.take_along_axis(after_BxTxV, place_BxTxV, axis=1)
    places.append(place_BxTxV)
  symbols = [jnp.take_along_axis(symbol_BxTxV, p, axis=1) for p in places]
  until = [jnp.where(p < steps, p - t_Tx1, NEVER) for p in places]
  return jnp.stack(symbols, axis=2), jnp.stack(until, axis=2)


def features(symbols_BxTxKxV, until_BxTxKxV, before_BxTxV):
  """Features of the known notes, which are the same in all keys.

  Args:
    before_BxTxV: the cells of the step before; 0 where there is none.

  Returns:
    [B, T, F]: the pitch class of each known note above each voice's pitch, one-hot,
    0 where either rests; and which of `UP_TO` its distance exceeds.
  """
  p_BxTxV = before_BxTxV.astype(jnp.int32) // 2
  interval = symbols_BxTxKxV[..., None] - p_BxTxV[:, :, None, None]
  sounds = (symbols_BxTxKxV > 0)[..., None] & (p_BxTxV > 0)[:, :, None, None]
  classes = jax.nn.one_hot(interval % 12, 12) * sounds[..., None]
  farther = until_BxTxKxV[..., None] > jnp.array(UP_TO)
  flat = [a.reshape(*a.shape[:2], -1) for a in (classes, farther)]
  return jnp.concatenate(flat, axis=-1)
