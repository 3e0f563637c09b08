"""Recurrent: a stack of recurrent layers as a Linen module."""

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.nn.dropout import locked
from musiczoo.nn.recurrent import backends
from musiczoo.nn.recurrent.cells import CELLS
from musiczoo.nn.recurrent.layer import layer


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
    backend: of `backends.NAMES`, or `backends.PALLAS`.
  """

  cell: str
  hidden: int
  layers: int
  residual: bool = False
  dropout: float = 0.0
  dtype: jnp.dtype = jnp.float32
  remat: bool = False
  backend: str = 'auto'

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
      jax.checkpoint(layer, static_argnums=(0, 1)) if self.remat else layer
    )
    rows, steps, _ = x_BxTxD.shape
    size, masked = (steps, rows, self.hidden), mask is not None
    how = self.backend, self.cell, size, self.dtype
    backend = backends.choose(*how, masked=masked)
    after = []
    for i, state in enumerate(carry):
      x_TxBxD = y_TxBxH
      weights = self._weights(i, x_TxBxD.shape[-1])
      args = x_TxBxD, *weights, state, mask_TxB
      y_TxBxH, state = apply_layer(backend, cell, *args)
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

  def rows(self, carry, index):
    """The carry of some of its rows."""
    return jax.tree.map(lambda a: a[index], carry)

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
