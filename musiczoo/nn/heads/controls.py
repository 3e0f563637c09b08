"""Temperature, top-k, top-p and min-p for logits."""

from typing import NamedTuple

import jax
import jax.numpy as jnp


class Controls(NamedTuple):
  """Sampling controls: scalars, or arrays [B], one per row; arrays under jit.

  A program that is compiled without any filter does not sort.

  Attributes:
    temperature: divides the logits; 0 is greedy decoding (ties: the first).
    top_k: keeps the k most likely values; 0 or None: all.
    top_p: keeps, of those, the smallest set of most likely values whose total
      probability reaches p (Holtzman et al. 2020); 1 or None: all.
    min_p: keeps, of those, values at least p times as likely as the most likely
      (Nguyen et al. 2024); 0 or None: all.
    given: x [B, T, C] of a partly known piece, or None.
    known: bool [T, C], the cells to copy from `given`. Rows of `compound` are given
      in their order, and `known`, [T, C] or [B, T, C], marks those that there are;
      an attribute below 0 is sampled.
    free: bool [bars, slots], of `compound`: the bars of slots to which notes are
      added between the rows of `given`, or None: to no bar before the last given
      row.
    cond: int [B, steps, columns], the conditions at each step of the grid, or
      None.
    forbid: bool [rules], the rules of voice leading that hold, see `rules`, or
      None.
    allowed: bool [B, V, depth], the symbols of voices that leave known cells of the
      next step as they are, or None.
    shift: [L] or [B, L], added to every latent that is drawn, or None.
  """

  temperature: float | jax.Array = 1.0
  top_k: int | jax.Array | None = None
  top_p: float | jax.Array | None = None
  min_p: float | jax.Array | None = None
  given: jax.Array | None = None
  known: jax.Array | None = None
  free: jax.Array | None = None
  cond: jax.Array | None = None
  shift: jax.Array | None = None
  forbid: jax.Array | None = None
  allowed: jax.Array | None = None


def filter_logits(logits, controls: Controls):
  """Applies temperature, top-k, top-p and min-p to logits [..., depth].

  Excluded values get -inf. The most likely value is always kept.
  """
  temperature = jnp.asarray(controls.temperature)[..., None]
  cold = temperature == 0
  divided = logits / jnp.where(cold, 1.0, temperature)
  filters = controls.top_k, controls.top_p, controls.min_p
  if all(c is None for c in filters):
    first = logits.argmax(-1, keepdims=True) == jnp.arange(logits.shape[-1])
    return jnp.where(cold & ~first, -jnp.inf, divided)
  top_k, top_p, min_p = (
    jnp.asarray(default if c is None else c)[..., None]
    for c, default in zip(filters, (0, 1.0, 0.0))
  )
  # Sorted before the division by the temperature, which can create ties.
  order = jnp.argsort(-logits, axis=-1)
  rank = jnp.argsort(order, axis=-1)
  allowed = jnp.where(cold, rank < 1, (top_k == 0) | (rank < top_k))
  p = jax.nn.softmax(jnp.where(allowed, divided, -jnp.inf))
  sorted_p = jnp.take_along_axis(p, order, axis=-1)
  likelier = jnp.cumsum(sorted_p, axis=-1) - sorted_p
  likelier = jnp.take_along_axis(likelier, rank, axis=-1)
  # A rounded sum can reach 1 early: at top_p = 1 nothing is excluded.
  allowed &= (top_p >= 1) | (likelier < top_p) | (rank < 1)
  allowed &= (p >= min_p * p.max(-1, keepdims=True)) | (rank < 1)
  return jnp.where(allowed, divided, -jnp.inf)
