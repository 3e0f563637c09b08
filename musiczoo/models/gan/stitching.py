"""Pieces of several windows, each given the end of the one before."""

import jax
import jax.numpy as jnp

from musiczoo.models import window_candidates
from musiczoo.models.candidates import Candidates
from musiczoo.music.spec import Spec
from musiczoo.nn.heads import Controls
from musiczoo.nn.keys import fold


def sample_windows(
  sample, keys, length, controls: Controls, *, spec: Spec, window, overlap
):
  """Samples window after window, each given the end of the one before it.

  Args:
    sample: (keys [R], x [R, window, C], known bool likewise, cond [R, window,
      columns] or None) -> x, given the known cells of the old x.
    keys: one per piece, [N]; [N, K] samples K candidates of each window, of which
      the best is kept.
    length: steps of a piece; the last window is cut there.
    controls: `given`, `known` and `cond` are used.
    spec: of x.
    window: steps of a window.
    overlap: steps of it that are given.

  Returns:
    x [N, length, C].
  """
  stride = window - overlap
  num = max(-(-(length - overlap) // stride), 1)
  steps = overlap + num * stride
  group = Candidates(keys.shape[0], keys.shape[1] if keys.ndim == 2 else 1)
  x = jnp.zeros((group.pieces, steps, *spec.shape), spec.sample_dtype)
  known = jnp.zeros((steps, *spec.shape), bool)
  if controls.given is not None:
    x = x.at[:, :length].set(controls.given)
    known = known.at[:length].set(controls.known)
  cond = controls.cond
  if cond is not None:
    cond = cond[:, jnp.minimum(jnp.arange(steps), cond.shape[1] - 1)]
  overlap_T = jnp.arange(window) < overlap

  def extend(carry, k):
    x, tally = carry

    def cut(a, axis):
      return jax.lax.dynamic_slice_in_dim(a, k * stride, window, axis)

    old = group.rows(cut(x, 1))
    here = cut(known, 0) | ((k > 0) & overlap_T)[:, None]
    here = jnp.broadcast_to(here, old.shape)
    conditions = group.rows(None if cond is None else cut(cond, 1))
    new = sample(fold(keys.reshape(-1), k), old, here, conditions)
    new = jnp.where(here, old, new)
    if group.number > 1:
      before = new[:, overlap - 1] if overlap else jnp.zeros_like(new[:, 0])
      kept, tally = window_candidates.best(
        group, tally, new[:, overlap:], before, k == num - 1, spec
      )
      new = new[kept]
    return (
      jax.lax.dynamic_update_slice_in_dim(x, new, k * stride, 1),
      tally,
    ), None

  (x, _), _ = jax.lax.scan(extend, (x, group.tally()), jnp.arange(num))
  return x[:, :length]
