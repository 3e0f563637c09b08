"""Candidates: of several continuations of a phrase, the likeliest end goes on.

A model that samples step by step knows where a phrase ends, but each of its
choices is made before the cadence is in sight. So K candidates of each phrase
are sampled from one state, and the one whose last quarter notes are likeliest
is kept: a particle filter that resamples at the ends of phrases, and takes the
best.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from musiczoo.music.annotations import PHRASES
from musiczoo.nn.heads import Controls

QUARTERS = 4  # At the end of a phrase, by which candidates are compared.


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

  def select(self, carry, log_p, cond, is_last, steps_per_quarter: int):
    """Replaces the candidates of pieces whose phrase ends by the best of them.

    Args:
      carry: (state, step of x, score) of the rows; the score is the log
        probability of the end of the phrase so far.
      log_p: [rows], log probability of this step.
      cond: [rows, columns], conditions of this step.
      is_last: whether this is the last step of all.
      steps_per_quarter: of the grid.

    Returns:
      The carry after this step; (best candidate [N], whether a phrase ends
      [N]).
    """
    left = cond[:, PHRASES] - 1  # -1 where phrases are not known.
    state, x, score = carry
    is_near = (left >= 1) & (left <= QUARTERS * steps_per_quarter)
    score = jnp.where(is_near, score + log_p, 0)
    best = score.reshape(self.pieces, self.number).argmax(-1)
    ends = (left == 1).reshape(self.pieces, self.number)[:, 0] | is_last
    own = jnp.arange(self.number)
    kept = jnp.where(ends[:, None], best[:, None], own)
    kept = (kept + self.number * jnp.arange(self.pieces)[:, None]).reshape(-1)
    state, x = jax.tree.map(lambda a: a[kept], (state, x))  # As rows are first.
    score = jnp.where(jnp.repeat(ends, self.number), 0, score)
    return (state, x, score), (best, ends)

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
