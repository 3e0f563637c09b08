"""Temporal convolutional network: dilated causal convolutions.

Shapes: T steps, B rows, D inputs, H hidden units.
"""

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.nn.conv import CausalConv, span
from musiczoo.nn.dropout import locked


class TCN(nn.Module):
  """A stack of residual blocks of dilated causal convolutions.

  The temporal convolutional network of Bai et al. 2018, with a norm over
  the channels before each convolution instead of weight normalisation. Block
  i has dilation 2^i, so that an output depends on the last 1 + 2 (kernel - 1)
  (2^layers - 1) steps of the input.

  Attributes:
    hidden: units H of each layer.
    layers: number of residual blocks, of two convolutions each.
    kernel: taps K of each convolution, 2 or more.
    dropout: rate of the *locked* dropout on the output of each convolution and
      of the net: one mask per row and layer, the same at all steps.
    dtype: of the computation and of the carry. Parameters are float32.
    remat: recompute each block in the backward pass from its input.
  """

  hidden: int
  layers: int
  kernel: int
  dropout: float = 0.0
  dtype: jnp.dtype = jnp.float32
  remat: bool = False

  def setup(self):
    block = nn.remat(Block) if self.remat else Block
    self.input_proj = nn.Dense(self.hidden, dtype=self.dtype)
    self.blocks = [
      block(self.hidden, self.kernel, 2**i, self.dtype)
      for i in range(self.layers)
    ]
    self.output_norm = nn.LayerNorm(dtype=self.dtype)

  def __call__(self, x_BxTxD, *, keys=None):
    """Applies the net to a whole sequence.

    Args:
      x_BxTxD: the input.
      keys: [B] one PRNG key per row turns dropout on; None: off.

    Returns:
      (y_BxTxH of `dtype`, carry after the last step).
    """
    y_BxTxH, memories = self.input_proj(x_BxTxD), []
    for i, block in enumerate(self.blocks):
      masks = self._mask(keys, 2 * i), self._mask(keys, 2 * i + 1)
      y_BxTxH, memory = block(y_BxTxH, masks)
      memories.append(memory)
    y_BxTxH = self.output_norm(y_BxTxH) * self._mask(keys, 2 * self.layers)
    return y_BxTxH, (jnp.int32(x_BxTxD.shape[1]), tuple(memories))

  def start(self, num: int):
    """The initial carry of `num` rows.

    It is (number of past steps, for each block the memory of its two
    convolutions).
    """
    memories = (
      (jnp.zeros((span(self.kernel, 2**i), num, self.hidden), self.dtype),) * 2
      for i in range(self.layers)
    )
    return jnp.int32(0), tuple(memories)

  def rows(self, carry, index):
    """The carry of some of its rows."""
    time, memories = carry
    return time, jax.tree.map(lambda a: a[:, index], memories)

  def step(self, carry, x_BxD):
    """Applies the net to one step: (carry, x_BxD) -> (carry, y_BxH)."""
    time, memories = carry
    y_BxH, after = self.input_proj(x_BxD), []
    for block, memory in zip(self.blocks, memories):
      memory, y_BxH = block.step(time, memory, y_BxH)
      after.append(memory)
    return (time + 1, tuple(after)), self.output_norm(y_BxH)

  def _mask(self, keys, layer):
    """The dropout mask of a layer's output: [B, 1, H], or 1."""
    if keys is None or not self.dropout:
      return 1
    return locked(keys, layer, self.dropout, self.hidden, self.dtype)[:, None]


class Block(nn.Module):
  """y = x + F(x), where F is twice norm, ReLU and convolution.

  Norm and ReLU precede the convolution (He et al. 2016), so that the skip
  connections are an identity path through the whole stack.
  """

  hidden: int
  kernel: int
  dilation: int
  dtype: jnp.dtype

  def setup(self):
    self.norms = [nn.LayerNorm(dtype=self.dtype) for _ in range(2)]
    self.convolutions = [
      CausalConv(self.hidden, self.kernel, self.dilation, self.dtype)
      for _ in range(2)
    ]

  def __call__(self, x_BxTxH, masks):
    """(input, dropout mask of each convolution) -> (output, memories)."""
    y_BxTxH, memories = x_BxTxH, []
    for norm, convolution, mask in zip(self.norms, self.convolutions, masks):
      y_BxTxH, memory = convolution(nn.relu(norm(y_BxTxH)))
      y_BxTxH *= mask
      memories.append(memory)
    return x_BxTxH + y_BxTxH, tuple(memories)

  def step(self, time, memories, x_BxH):
    """(number of past steps, memories, input) -> (memories, output)."""
    y_BxH, after = x_BxH, []
    for norm, convolution, memory in zip(
      self.norms, self.convolutions, memories
    ):
      memory, y_BxH = convolution.step(time, memory, nn.relu(norm(y_BxH)))
      after.append(memory)
    return tuple(after), x_BxH + y_BxH
