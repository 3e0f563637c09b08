"""Pieces of several windows, each given the end of the one before."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from musiczoo.music.spec import Spec
from musiczoo.nn.heads import Controls


def join(
  write: Callable,
  keys_N,
  length: int,
  controls: Controls,
  *,
  spec: Spec,
  window: int,
  overlap: int,
):
  """Samples window after window, each given the end of the one before it.

  Args:
    write: (keys [N], x [N, window, C], known bool likewise, cond [N, window,
      columns] or None) -> x. It is conditioned on the known cells of x, which stay as they are.
    keys_N: one per piece.
    length: steps of a piece; what the last window has beyond is cut off.
    controls: `given`, `known` and `cond` are used.
    spec: what x is.
    window: steps of a window.
    overlap: steps of it that are given.

  Returns:
    x [N, length, C].
  """
  stride = window - overlap
  num = max(-(-(length - overlap) // stride), 1)
  steps = overlap + num * stride
  x = jnp.zeros((keys_N.shape[0], steps, *spec.shape), spec.sample_dtype)
  sure = jnp.zeros((steps, *spec.shape), bool)
  if controls.given is not None:
    x = x.at[:, :length].set(controls.given)
    sure = sure.at[:length].set(controls.known)
  cond = controls.cond
  if cond is not None:
    cond = cond[:, jnp.minimum(jnp.arange(steps), cond.shape[1] - 1)]
  begun_T = jnp.arange(window) < overlap

  def extend(x, k):
    def cut(a, axis):
      return jax.lax.dynamic_slice_in_dim(a, k * stride, window, axis)

    old = cut(x, 1)
    known = cut(sure, 0) | ((k > 0) & begun_T)[:, None]
    known = jnp.broadcast_to(known, old.shape)
    keys = jax.vmap(jax.random.fold_in, (0, None))(keys_N, k)
    new = write(keys, old, known, None if cond is None else cut(cond, 1))
    new = jnp.where(known, old, new)
    return jax.lax.dynamic_update_slice_in_dim(x, new, k * stride, 1), None

  x, _ = jax.lax.scan(extend, x, jnp.arange(num))
  return x[:, :length]
