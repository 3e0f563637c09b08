"""Pieces of several windows, each given the end of the one before."""

import jax
import jax.numpy as jnp

from musiczoo.music.spec import Spec
from musiczoo.nn.heads import Controls
from musiczoo.nn.keys import fold


def sample_windows(
  sample, keys_N, length, controls: Controls, *, spec: Spec, window, overlap
):
  """Samples window after window, each given the end of the one before it.

  Args:
    sample: (keys [N], x [N, window, C], known bool likewise, cond [N, window,
      columns] or None) -> x, given the known cells of the old x.
    keys_N: one per piece.
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
  x = jnp.zeros((keys_N.shape[0], steps, *spec.shape), spec.sample_dtype)
  known = jnp.zeros((steps, *spec.shape), bool)
  if controls.given is not None:
    x = x.at[:, :length].set(controls.given)
    known = known.at[:length].set(controls.known)
  cond = controls.cond
  if cond is not None:
    cond = cond[:, jnp.minimum(jnp.arange(steps), cond.shape[1] - 1)]
  overlap_T = jnp.arange(window) < overlap

  def extend(x, k):
    def cut(a, axis):
      return jax.lax.dynamic_slice_in_dim(a, k * stride, window, axis)

    old = cut(x, 1)
    here = cut(known, 0) | ((k > 0) & overlap_T)[:, None]
    here = jnp.broadcast_to(here, old.shape)
    conditions = None if cond is None else cut(cond, 1)
    new = sample(fold(keys_N, k), old, here, conditions)
    new = jnp.where(here, old, new)
    return jax.lax.dynamic_update_slice_in_dim(x, new, k * stride, 1), None

  x, _ = jax.lax.scan(extend, x, jnp.arange(num))
  return x[:, :length]
