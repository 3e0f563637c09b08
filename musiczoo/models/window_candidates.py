"""Candidates of windows: of several continuations by a window the best goes on.

A window is given at most the last steps of the one before it. So K candidates of
each window of voices are sampled, and the best is kept. They are
compared by how well the piece keeps to a key (see `candidates`), by how far the
voices move into the window, by leaps of over an octave, by parallel fifths and
octaves and notes out of range and, at the end of the piece, by whether it closes: on a triad on its bass,
reached by a bass from 5 to 1 after a chord with the leading note.
"""

import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.models.candidates import Candidates, Tally
from musiczoo.music.spec import Spec

OCTAVE = 12
# What a correlation of 1 with the key is worth, twice as much as among phrases, whose
# models are given the whole past.
KEY = 12.0
# What it costs if every voice moves into the window by an octave, a leap, a fault of
# its parts (see `candidates`), an end without a triad, and one without a cadence.
JOIN, LEAP, FAULT, OPEN, ABRUPT = 3.0, 1.0, 1.0, 4.0, 4.0
TRIADS = np.array([[0, 4, 7], [0, 3, 7]])


def best(
  group: Candidates, tally: Tally, x_RxTxV, before_RxV, is_last, spec: Spec
):
  """The best candidate of each piece.

  Args:
    tally: of the pieces before this window, of all rows.
    x_RxTxV: the candidates.
    before_RxV: the step before.
    is_last: whether this is the last window of the pieces.
    spec: of x; must be voices.

  Returns:
    The rows of the best, [N]; the tally after the window.
  """

  def add(carry, x_RxV):
    tally, before_RxV = carry
    tally, bass_R = tally.add(False, 0.0, x_RxV, before_RxV, spec)
    return (tally, x_RxV), bass_R

  x_TxRxV = jnp.swapaxes(x_RxTxV, 0, 1)
  begin = tally, before_RxV.astype(x_RxTxV.dtype)
  (tally, _), bass_TxR = jax.lax.scan(add, begin, x_TxRxV)
  tonic_R = jnp.where(is_last, bass_TxR[-1], tally.first)
  score_R = KEY * tally.key(tonic_R) - _roughness(x_RxTxV, before_RxV)
  score_R -= FAULT * tally.faults
  score_R -= OPEN * (is_last & ~_is_triad(x_RxTxV[:, -1]))
  score_R -= ABRUPT * (is_last & ~_is_cadence(x_RxTxV))
  chosen_N = score_R.reshape(group.pieces, group.number).argmax(-1)
  kept_N = chosen_N + group.number * jnp.arange(group.pieces)
  return kept_N, tally.rows(jnp.repeat(kept_N, group.number), True)


def _roughness(x_RxTxV, before_RxV):
  """The cost of how the voices move, [R]."""
  s = jnp.concatenate([before_RxV[:, None], x_RxTxV], axis=1) // 2
  sounds = (s[:, 1:] > 0) & (s[:, :-1] > 0)
  motion_RxTxV = jnp.abs(jnp.diff(s.astype(jnp.int32), axis=1)) * sounds
  join_R = motion_RxTxV[:, 0].mean(-1) / OCTAVE
  return JOIN * join_R + LEAP * (motion_RxTxV > OCTAVE).sum((1, 2))


def _is_cadence(x_RxTxV):
  """Whether the last change of bass is from 5 to 1, under the leading note, [R]."""
  s = (x_RxTxV // 2).astype(jnp.int32)
  bass_RxT = _lowest(s)
  degree_RxT = (bass_RxT - bass_RxT[:, -1:]) % OCTAVE
  back_R = (degree_RxT[:, ::-1] != 0).argmax(1)  # 0: the bass does not move.
  step_Rx1 = s.shape[1] - 1 - back_R[:, None]
  chord_RxV = jnp.take_along_axis(s, step_Rx1[..., None], axis=1)[:, 0]
  above_RxV = (chord_RxV - bass_RxT[:, -1:]) % OCTAVE
  leads_R = ((above_RxV == 11) & (chord_RxV > 0)).any(1)
  return leads_R & (jnp.take_along_axis(degree_RxT, step_Rx1, 1)[:, 0] == 7)


def _is_triad(x_RxV):
  """Whether the voices sound a whole triad on the lowest of them, [R]."""
  s = x_RxV // 2
  tones_RxVx12 = (s - _lowest(s)[:, None])[..., None] % 12 == np.arange(12)
  tones_Rx12 = (tones_RxVx12 & (s > 0)[..., None]).any(1)
  triads = (TRIADS[..., None] == np.arange(12)).any(1)
  return (tones_Rx12[:, None] == triads).all(-1).any(-1)


def _lowest(s_xV):
  """The lowest symbol that is no rest, [...]."""
  return jnp.where(s_xV > 0, s_xV, jnp.iinfo(s_xV.dtype).max).min(-1)
