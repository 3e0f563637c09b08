"""Candidates: of several continuations the likeliest goes on.

A model that samples step by step may be given where a phrase ends, but it makes
each choice before those of the cadence. So K candidates of the opening
and of each phrase are sampled from one state, and the best is kept: a particle
filter that resamples at the ends of phrases, and takes the likeliest.

Candidates are compared by the log probability of their last quarter notes, over
the number of steps at which a note begins. Without this divisor a long chord,
which takes few choices, would be the likeliest end of all.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from musiczoo.music.annotations import PHRASES
from musiczoo.nn.heads import Controls

# Quarter notes by which candidates are compared.
OPENING, ENDING = 1, 4


class Candidates(NamedTuple):
  """The rows of N pieces, K candidates each: row n * K + k."""

  pieces: int
  number: int

  def repeat(self, controls: Controls) -> Controls:
    """Controls of pieces as controls of rows."""
    rows = lambda a: None if a is None else jnp.repeat(a, self.number, axis=0)
    return controls._replace(
      given=rows(controls.given), cond=rows(controls.cond)
    )

  def select(self, sums, log_p, begins, cond, t, length, steps_per_quarter):
    """Chooses the best candidate of each piece where a phrase ends.

    Args:
      sums: [rows, 2], the log probability and the number of steps at which a
        note begins, so far.
      log_p: [rows], log probability of this step.
      begins: [rows], whether a note begins.
      cond: [rows, columns], conditions of this step; where they mark no phrases,
        or if it is None, a piece is one phrase.
      t: this step.
      length: number of steps.
      steps_per_quarter: of the grid.

    Returns:
      The row that takes the place of each, [rows]; the sums after this step;
      (best candidate [N], whether a choice was made [N]).
    """
    left = jnp.full(log_p.shape, length - t)
    if cond is not None:
      phrases = cond[:, PHRASES]
      left = jnp.where(phrases > 0, phrases - 1, left)
    opening = OPENING * steps_per_quarter
    is_near = (left >= 1) & (left <= ENDING * steps_per_quarter)
    is_near = (is_near | (t < opening))[:, None]
    sums = jnp.where(is_near, sums + jnp.stack([log_p, begins], axis=-1), 0)
    mean = sums[:, 0] / jnp.maximum(sums[:, 1], 1)
    best = mean.reshape(self.pieces, self.number).argmax(-1)
    ends = (left == 1).reshape(self.pieces, self.number)[:, 0]
    ends = ends | (t == opening - 1) | (t == length - 1)  # Whatever the plan.
    own = jnp.arange(self.number)
    kept = jnp.where(ends[:, None], best[:, None], own)
    kept = (kept + self.number * jnp.arange(self.pieces)[:, None]).reshape(-1)
    sums = jnp.where(jnp.repeat(ends, self.number)[:, None], 0, sums)
    return kept, sums, (best, ends)

  def trace(self, x_TxRxC, chosen):
    """The steps of the candidates that were kept: [T, N, ...]."""
    best_TxN, ends_TxN = chosen

    def back(kept_N, now):
      best_N, ends_N = now
      kept_N = jnp.where(ends_N, best_N, kept_N)
      return kept_N, kept_N

    first = jnp.zeros(self.pieces, best_TxN.dtype)
    _, kept_TxN = jax.lax.scan(back, first, (best_TxN, ends_TxN), reverse=True)
    rows = kept_TxN + self.number * jnp.arange(self.pieces)
    return jax.vmap(lambda x_RxC, rows_N: x_RxC[rows_N])(x_TxRxC, rows)
