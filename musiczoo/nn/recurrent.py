"""Stacked recurrent layers, RNN, LSTM and GRU, with a custom gradient.

Shapes: T steps, B rows, D inputs, H hidden units; G gates, each with its own
matrix for the input or the state; P pre-activations.
"""

from collections.abc import Callable
import functools
from typing import NamedTuple

from flax import linen as nn
import jax
from jax.experimental.layout import Layout, with_layout_constraint
import jax.numpy as jnp

from musiczoo.nn.dropout import locked

State = tuple[jax.Array, ...]  # (h,) or (h, c), float32 [B, H] each


class Cell(NamedTuple):
  """One step of a recurrence, split where the matmuls are.

  A cell has pre-activations p_0 .. p_{P-1}, each [B, H]:

    p_k = b_k + x W_k (k in `input_gates`) + h U_k (k in `recurrent_gates`)

  and is elementwise in them, so that the input matmuls can be moved out of the
  loop over time and JAX can differentiate the elementwise part.

  Attributes:
    input_gates: pre-activations with an input term; W is [D, G * H].
    recurrent_gates: pre-activations with a state term; U is [H, G * H].
    states: number of arrays in the state; the first is h, the output.
    update: (pre-activations, state) -> state, elementwise.
    bias: initial values of the biases b_0 .. b_{P-1}.
  """

  input_gates: tuple[int, ...]
  recurrent_gates: tuple[int, ...]
  states: int
  update: Callable[[dict[int, jax.Array], State], State]
  bias: tuple[float, ...]


def _rnn(p, state):
  del state
  return (jnp.tanh(p[0]),)


def _lstm(p, state):
  _, c = state
  i, f, o = jax.nn.sigmoid(p[0]), jax.nn.sigmoid(p[1]), jax.nn.sigmoid(p[3])
  c = f * c + i * jnp.tanh(p[2])
  return o * jnp.tanh(c), c


def _gru(p, state):
  (h,) = state
  r, z = jax.nn.sigmoid(p[0]), jax.nn.sigmoid(p[1])
  n = jnp.tanh(p[2] + r * p[3])
  return ((1 - z) * n + z * h,)


# Equations, with the gates in PyTorch's order.
#
# rnn   h' = tanh(x W + h U + b)                            (Elman 1990)
#
# lstm  i, f, o = sigmoid(x W + h U + b), each with its own W, U and b
#       g = tanh(x W_g + h U_g + b_g)
#       c' = f c + i g,  h' = o tanh(c')                    (Gers et al. 2000)
#
# gru   r, z = sigmoid(x W + h U + b), each with its own
#       n = tanh(x W_n + b_n + r (h U_n + b_m))
#       h' = (1 - z) n + z h
#       The reset gate r is applied *after* the matmul, as in cuDNN, PyTorch, Flax;
#       Cho et al. 2014 apply it before, n = tanh(x W_n + (r h) U_n + b_n).
CELLS = {
  'rnn': Cell((0,), (0,), 1, _rnn, (0.0,)),
  # Forget gate initially open (Jozefowicz et al. 2015).
  'lstm': Cell((0, 1, 2, 3), (0, 1, 2, 3), 2, _lstm, (0.0, 1.0, 0.0, 0.0)),
  'gru': Cell((0, 1, 2), (0, 1, 3), 1, _gru, (0.0,) * 4),
}


class Recurrent(nn.Module):
  """A stack of recurrent layers.

  Attributes:
    cell: 'rnn', 'lstm' or 'gru'; for the equations see `CELLS`.
    hidden: units H of each layer.
    layers: number of layers.
    residual: from the second layer on, add a layer's input to its output.
    dropout: rate of the *locked* dropout on each layer's output: one mask per
      row and layer, the same at all steps (Gal & Ghahramani 2016).
    dtype: of the matmuls and of the values saved for the backward pass.
      Parameters, sums and the state are float32.
    remat: recompute each layer in the backward pass from its input.
  """

  cell: str
  hidden: int
  layers: int
  residual: bool = False
  dropout: float = 0.0
  dtype: jnp.dtype = jnp.float32
  remat: bool = False

  @nn.compact
  def __call__(self, x_BxTxD, *, carry=None, mask=None, keys=None):
    """Applies the layers to a whole sequence.

    Args:
      x_BxTxD: the input.
      carry: the initial state, as returned here; None: zeros.
      mask: [B, T], nonzero where a step is real; a step that is not leaves the
        state as it was. None: all are.
      keys: [B] one PRNG key per row turns dropout on; None: off.

    Returns:
      (y_BxTxH of `dtype`, carry after the last step: a State per layer).
    """
    cell = CELLS[self.cell]
    if carry is None:
      carry = self.start(x_BxTxD.shape[0])
    mask_TxB = None if mask is None else jnp.swapaxes(mask, 0, 1) != 0
    y_TxBxH = jnp.swapaxes(x_BxTxD, 0, 1).astype(self.dtype)
    apply_layer = (
      jax.checkpoint(layer, static_argnums=0) if self.remat else layer
    )
    after = []
    for i, state in enumerate(carry):
      x_TxBxD = y_TxBxH
      weights = self._weights(i, x_TxBxD.shape[-1])
      y_TxBxH, state = apply_layer(cell, x_TxBxD, *weights, state, mask_TxB)
      if keys is not None and self.dropout:
        y_TxBxH *= locked(keys, i, self.dropout, self.hidden, self.dtype)
      if self.residual and i:
        y_TxBxH += x_TxBxD
      after.append(state)
    return jnp.swapaxes(y_TxBxH, 0, 1), tuple(after)

  def start(self, num: int):
    """The initial carry of `num` rows: zeros."""
    zeros = jnp.zeros((num, self.hidden), jnp.float32)
    return ((zeros,) * CELLS[self.cell].states,) * self.layers

  def step(self, carry, x_BxD):
    """Applies the layers to one step: (carry, x_BxD) -> (carry, y_BxH)."""
    y_Bx1xH, carry = self(x_BxD[:, None], carry=carry)
    return carry, y_Bx1xH[:, 0]

  def _weights(self, i, depth):
    cell = CELLS[self.cell]

    def input_init(rng):
      shape = (depth, len(cell.input_gates) * self.hidden)
      return nn.initializers.lecun_normal()(rng, shape)

    def recurrent_init(rng):
      # Orthogonal per gate: initially the state neither explodes nor vanishes.
      init, shape = nn.initializers.orthogonal(), (self.hidden, self.hidden)
      rngs = jax.random.split(rng, len(cell.recurrent_gates))
      return jnp.concatenate([init(r, shape) for r in rngs], axis=1)

    def bias_init(rng):
      del rng
      return jnp.repeat(jnp.array(cell.bias), self.hidden)

    w_DxGH = self.param(f'input_{i}', input_init)
    u_HxGH = self.param(f'recurrent_{i}', recurrent_init)
    b_PH = self.param(f'bias_{i}', bias_init)
    return w_DxGH.astype(self.dtype), u_HxGH.astype(self.dtype), b_PH


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
