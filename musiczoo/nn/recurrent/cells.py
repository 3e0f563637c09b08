"""Recurrent cells: the equations of RNN, LSTM and GRU."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

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


def advance(cell: Cell, p: dict[int, jax.Array], state: State, real) -> State:
  """The state after a step; it stays as it was where `real` [B] is False.

  Args:
    real: or None: everywhere.
  """
  after = cell.update(p, state)
  if real is None:
    return after
  return jax.tree.map(lambda a, b: jnp.where(real[:, None], a, b), after, state)


def dot(equation: str, a: jax.Array, b: jax.Array) -> jax.Array:
  """A product of matrices, summed in float32."""
  return jnp.einsum(equation, a, b, preferred_element_type=jnp.float32)


def cast(tree, dtype):
  """All arrays of a tree in a dtype."""
  return jax.tree.map(lambda a: a.astype(dtype), tree)
