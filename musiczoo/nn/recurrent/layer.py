"""One recurrent layer over time, by any back end, with its own derivative."""

import functools

import jax
from jax.experimental.layout import Layout, with_layout_constraint
import jax.numpy as jnp

from musiczoo.nn.recurrent import cudnn, pallas, scan
from musiczoo.nn.recurrent.cells import cast, dot

LOOPS = {'scan': scan, 'pallas': pallas}


def layer(backend, cell, x_TxBxD, w_DxGH, u_HxGH, b_PH, state, mask_TxB):
  """One recurrent layer over time: -> (y_TxBxH, state after the last step).

  Time-major; matmuls in the dtype of x, W and U, the rest in float32.

  Args:
    backend: as `backends.choose` gives it.
    cell: of `CELLS`.
  """
  if backend == 'cudnn':
    return cudnn.layer(x_TxBxD, w_DxGH, u_HxGH, b_PH, state)
  args = x_TxBxD, w_DxGH, u_HxGH, b_PH, state, mask_TxB
  return _looped(backend, cell, *args)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _looped(backend, cell, x_TxBxD, w_DxGH, u_HxGH, b_PH, state, mask_TxB):
  """`layer` by a loop over the steps; both loops are of `LOOPS[backend]`.

  The input matmuls are computed before the loop. The backward loop carries only the
  gradient of the state; weight gradients are computed after it, over all steps
  at once. Automatic differentiation of the forward loop would accumulate all
  weight gradients at every step.
  """
  inputs = _input_terms(cell, x_TxBxD, w_DxGH, b_PH)
  loops = LOOPS[backend]
  return loops.forward(cell, inputs, u_HxGH, b_PH, state, mask_TxB)[0]


def _forward(backend, cell, x_TxBxD, w_DxGH, u_HxGH, b_PH, state, mask_TxB):
  inputs = _input_terms(cell, x_TxBxD, w_DxGH, b_PH)
  # By default the TPU compiler makes rows contiguous, and each step becomes a
  # strided read: a quarter more cycles by its own estimate. (Not in `layer`
  # itself: a layout constraint can't be exported.)
  inputs = with_layout_constraint(inputs, Layout((0, 1, 2)))
  loops = LOOPS[backend]
  out, keep = loops.forward(cell, inputs, u_HxGH, b_PH, state, mask_TxB)
  return out, (x_TxBxD, w_DxGH, u_HxGH, *keep, mask_TxB)


def _input_terms(cell, x_TxBxD, w_DxGH, b_PH):
  """The input and bias terms of each p_k: {k: [T, B, H]}."""
  b_P = jnp.split(b_PH, len(cell.bias))
  w_G = jnp.split(w_DxGH, len(cell.input_gates), axis=1)
  return {
    k: (dot('tbd,dh->tbh', x_TxBxD, w) + b_P[k]).astype(x_TxBxD.dtype)
    for k, w in zip(cell.input_gates, w_G)
  }


def _backward(backend, cell, saved, cotangents):
  x_TxBxD, w_DxGH, u_HxGH, p, before, mask_TxB = saved
  dy_TxBxH, dstate = cotangents
  dtype = x_TxBxD.dtype
  w_G = jnp.split(w_DxGH, len(cell.input_gates), axis=1)
  dstate, dp = LOOPS[backend].backward(
    cell, u_HxGH, p, before, mask_TxB, dy_TxBxH, dstate
  )
  dx = sum(dot('tbh,dh->tbd', dp[k], w) for k, w in zip(cell.input_gates, w_G))
  dw = [dot('tbd,tbh->dh', x_TxBxD, dp[k]) for k in cell.input_gates]
  du = [dot('tbh,tbk->hk', before[0], dp[k]) for k in cell.recurrent_gates]
  db = [jnp.sum(dp[k], (0, 1), jnp.float32) for k in range(len(cell.bias))]
  dw_DxGH, du_HxGH = jnp.concatenate(dw, axis=1), jnp.concatenate(du, axis=1)
  dx, dw_DxGH, du_HxGH = cast((dx, dw_DxGH, du_HxGH), dtype)
  return dx, dw_DxGH, du_HxGH, jnp.concatenate(db), dstate, None


_looped.defvjp(_forward, _backward)
