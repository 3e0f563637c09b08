"""Temperature, top-k, top-p and min-p for logits."""

from typing import NamedTuple

import jax
import jax.numpy as jnp


class Controls(NamedTuple):
  """Sampling controls: scalars, or arrays [B], one per row; arrays under jit.

  Attributes:
    temperature: divides the logits; 0 is greedy decoding (ties: the first).
    top_k: keeps the k most likely values; 0: all.
    top_p: keeps, of those, the smallest set of most likely values whose total
      probability reaches p (Holtzman et al. 2020); 1: all.
    min_p: keeps, of those, values at least p times as likely as the most likely
      (Nguyen et al. 2024); 0: all.
    given: x [B, T, C] of a partly known piece, or None.
    known: bool [T, C], the cells to copy from `given`.
    cond: int [B, steps, columns], the conditions at each step of the grid, or
      None.
    forbid: bool [rules], the rules of voice leading that hold, see `rules`, or
      None.
    allowed: bool [B, V, depth], the symbols of voices that leave known cells of the
      next step as they are, or None.
    shift: [L] or [B, L], added to every latent that is drawn, or None.
  """

  temperature: float | jax.Array = 1.0
  top_k: int | jax.Array = 0
  top_p: float | jax.Array = 1.0
  min_p: float | jax.Array = 0.0
  given: jax.Array | None = None
  known: jax.Array | None = None
  cond: jax.Array | None = None
  shift: jax.Array | None = None
  forbid: jax.Array | None = None
  allowed: jax.Array | None = None


def filter_logits(logits, controls: Controls):
  """Applies temperature, top-k, top-p and min-p to logits [..., depth].

  Excluded values get -inf. The most likely value is always kept.
  """
  temperature, top_k, top_p, min_p = (jnp.asarray(c) for c in controls[:4])
  keeps_all = (top_k == 0) & (top_p >= 1) & (min_p <= 0) & (temperature > 0)
  # Sorting takes most of the time of a small model's step.
  return jax.lax.cond(
    keeps_all.all(), _divided, _filtered, logits, controls[:4]
  )


def _divided(logits, controls):
  return logits / jnp.asarray(controls[0])[..., None]


def _filtered(logits, controls):
  # Sorted before the division by the temperature, which can create ties.
  order = jnp.argsort(-logits, axis=-1)
  rank = jnp.argsort(order, axis=-1)
  temperature, top_k, top_p, min_p = (
    jnp.asarray(c)[..., None] for c in controls
  )
  cold = temperature == 0
  logits = logits / jnp.where(cold, 1.0, temperature)
  allowed = jnp.where(cold, rank < 1, (top_k == 0) | (rank < top_k))
  p = jax.nn.softmax(jnp.where(allowed, logits, -jnp.inf))
  sorted_p = jnp.take_along_axis(p, order, axis=-1)
  likelier = jnp.cumsum(sorted_p, axis=-1) - sorted_p
  likelier = jnp.take_along_axis(likelier, rank, axis=-1)
  # A rounded sum can reach 1 early: at top_p = 1 nothing is excluded.
  allowed &= (top_p >= 1) | (likelier < top_p) | (rank < 1)
  allowed &= (p >= min_p * p.max(-1, keepdims=True)) | (rank < 1)
  return jnp.where(allowed, logits, -jnp.inf)
