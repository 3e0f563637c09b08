"""One recurrent layer as a scan over time, with its own derivative."""

import functools

import jax
from jax.experimental.layout import Layout, with_layout_constraint
import jax.numpy as jnp


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def layer(cell, x_TxBxD, w_DxGH, u_HxGH, b_PH, state, mask_TxB):
  """One recurrent layer over time: -> (y_TxBxH, state after the last step).

  Time-major; matmuls in the dtype of x, W and U, the rest in float32. The
  input matmuls are computed before the loop. The backward loop carries only the
  gradient of the state; weight gradients are computed after it, over all steps
  at once. Automatic differentiation of the forward loop would accumulate all
  weight gradients at every step.
  """
  inputs = _input_terms(cell, x_TxBxD, w_DxGH, b_PH)
  return _loop(cell, inputs, u_HxGH, b_PH, state, mask_TxB)[0]


def _forward(cell, x_TxBxD, w_DxGH, u_HxGH, b_PH, state, mask_TxB):
  inputs = _input_terms(cell, x_TxBxD, w_DxGH, b_PH)
  # By default the TPU compiler makes rows contiguous, and each step becomes a
  # strided read: a quarter more cycles by its own estimate. (Not in `layer`
  # itself: a layout constraint can't be exported.)
  inputs = with_layout_constraint(inputs, Layout((0, 1, 2)))
  out, keep = _loop(cell, inputs, u_HxGH, b_PH, state, mask_TxB)
  return out, (x_TxBxD, w_DxGH, u_HxGH, *keep, mask_TxB)


def _input_terms(cell, x_TxBxD, w_DxGH, b_PH):
  """The input and bias terms of each p_k: {k: [T, B, H]}."""
  b_P = jnp.split(b_PH, len(cell.bias))
  w_G = jnp.split(w_DxGH, len(cell.input_gates), axis=1)
  return {
    k: (_dot('tbd,dh->tbh', x_TxBxD, w) + b_P[k]).astype(x_TxBxD.dtype)
    for k, w in zip(cell.input_gates, w_G)
  }


def _loop(cell, inputs, u_HxGH, b_PH, state, mask_TxB):
  """-> ((y, last state), (pre-activations, states before each step))."""
  dtype = u_HxGH.dtype
  b_P = jnp.split(b_PH, len(cell.bias))
  u_G = jnp.split(u_HxGH, len(cell.recurrent_gates), axis=1)

  def step(state, now):
    inputs, real = now
    h = state[0].astype(dtype)
    # One array per gate: concatenating them costs a TPU a copy at every step.
    recurrent = {
      k: inputs.get(k, b_P[k]) + _dot('bh,hk->bk', h, u)
      for k, u in zip(cell.recurrent_gates, u_G)
    }
    after = _advance(cell, inputs | recurrent, state, real)
    return after, _cast((after[0], recurrent, state), dtype)

  last, (y, recurrent, before) = jax.lax.scan(step, state, (inputs, mask_TxB))
  return (y, last), (inputs | recurrent, before)


def _backward(cell, saved, cotangents):
  x_TxBxD, w_DxGH, u_HxGH, p, before, mask_TxB = saved
  dy_TxBxH, dstate = cotangents
  dtype = x_TxBxD.dtype
  w_G = jnp.split(w_DxGH, len(cell.input_gates), axis=1)
  # Transposed once: a transpose at every step costs a CPU a few percent.
  u_G = jnp.split(u_HxGH.T, len(cell.recurrent_gates))

  def step(dstate, now):
    dy, p, before, real = now
    advance = functools.partial(_advance, cell, real=real)
    _, pull = jax.vjp(advance, *_cast((p, before), jnp.float32))
    dh, *rest = dstate
    dp, (dh, *rest) = pull((dh + dy, *rest))
    dp = _cast(dp, dtype)
    dh += sum(
      _dot('bk,kh->bh', dp[k], u) for k, u in zip(cell.recurrent_gates, u_G)
    )
    return (dh, *rest), dp

  now = (dy_TxBxH, p, before, mask_TxB)
  dstate, dp = jax.lax.scan(step, dstate, now, reverse=True)
  dx = sum(_dot('tbh,dh->tbd', dp[k], w) for k, w in zip(cell.input_gates, w_G))
  dw = [_dot('tbd,tbh->dh', x_TxBxD, dp[k]) for k in cell.input_gates]
  du = [_dot('tbh,tbk->hk', before[0], dp[k]) for k in cell.recurrent_gates]
  db = [jnp.sum(dp[k], (0, 1), jnp.float32) for k in range(len(cell.bias))]
  dw_DxGH, du_HxGH = jnp.concatenate(dw, axis=1), jnp.concatenate(du, axis=1)
  dx, dw_DxGH, du_HxGH = _cast((dx, dw_DxGH, du_HxGH), dtype)
  return dx, dw_DxGH, du_HxGH, jnp.concatenate(db), dstate, None


layer.defvjp(_forward, _backward)


def _advance(cell, p, state, real):
  """The update of the cell; a masked step leaves the state unchanged."""
  after = cell.update(p, state)
  if real is None:
    return after
  return jax.tree.map(lambda a, b: jnp.where(real[:, None], a, b), after, state)


def _dot(equation, a, b):
  return jnp.einsum(equation, a, b, preferred_element_type=jnp.float32)


def _cast(tree, dtype):
  return jax.tree.map(lambda a: a.astype(dtype), tree)
