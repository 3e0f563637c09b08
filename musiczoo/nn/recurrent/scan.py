"""The loops of a recurrent layer as `lax.scan`: on all devices, to any sizes."""

import functools

import jax
import jax.numpy as jnp

from musiczoo.nn.recurrent.cells import advance, cast, dot


def forward(cell, inputs, u_HxGH, b_PH, state, mask_TxB):
  """The loop over the steps of a layer.

  Args:
    cell: of `CELLS`.
    inputs: {k: [T, B, H]}, the terms of each p_k that the state is not in.
    u_HxGH: the recurrent weights.
    b_PH: the biases; those of gates without an input term are used.
    state: the initial State.
    mask_TxB: where it is False the state stays as it is. None: nowhere.

  Returns:
    ((y [T, B, H], the last State),
     ({k: p_k [T, B, H]}, (a State's arrays before each step, [T, B, H])))
  """
  dtype = u_HxGH.dtype
  b_P = jnp.split(b_PH, len(cell.bias))
  u_G = jnp.split(u_HxGH, len(cell.recurrent_gates), axis=1)

  def step(state, now):
    inputs, real = now
    h = state[0].astype(dtype)
    # One array per gate: concatenating them costs a TPU a copy at every step.
    recurrent = {
      k: inputs.get(k, b_P[k]) + dot('bh,hk->bk', h, u)
      for k, u in zip(cell.recurrent_gates, u_G)
    }
    after = advance(cell, inputs | recurrent, state, real)
    return after, cast((after[0], recurrent, state), dtype)

  last, (y, recurrent, before) = jax.lax.scan(step, state, (inputs, mask_TxB))
  return (y, last), (inputs | recurrent, before)


def backward(cell, u_HxGH, p, before, mask_TxB, dy_TxBxH, dstate):
  """The loop from the last step to the first.

  Args:
    p, before: of `forward`.
    dy_TxBxH, dstate: the gradients of y and of the last State.

  Returns:
    (the gradient of the initial State, {k: that of p_k [T, B, H]}).
  """
  dtype = u_HxGH.dtype
  # Transposed once: a transpose at every step costs a CPU a few percent.
  u_G = jnp.split(u_HxGH.T, len(cell.recurrent_gates))

  def step(dstate, now):
    dy, p, before, real = now
    step = functools.partial(advance, cell, real=real)
    _, pull = jax.vjp(step, *cast((p, before), jnp.float32))
    dh, *rest = dstate
    dp, (dh, *rest) = pull((dh + dy, *rest))
    dp = cast(dp, dtype)
    dh += sum(
      dot('bk,kh->bh', dp[k], u) for k, u in zip(cell.recurrent_gates, u_G)
    )
    return (dh, *rest), dp

  now = (dy_TxBxH, p, before, mask_TxB)
  return jax.lax.scan(step, dstate, now, reverse=True)
