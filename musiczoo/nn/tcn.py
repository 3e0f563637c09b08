"""Temporal convolutional network: dilated causal convolutions.

Shapes: T steps, B rows, D inputs, H hidden units; a convolution has K taps and
spans N = 1 + (K - 1) * dilation steps.
"""

import functools

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.nn.dropout import locked


class TCN(nn.Module):
  """A stack of residual blocks of dilated causal convolutions.

  The temporal convolutional network of Bai et al. 2018, with a norm over
  the channels before each convolution instead of weight normalisation. Block
  i has dilation 2^i.

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

  @property
  def receptive_field(self) -> int:
    """Number of input steps that an output depends on, its own included."""
    return 1 + 2 * (self.kernel - 1) * (2**self.layers - 1)

  def setup(self):
    block = nn.remat(Block) if self.remat else Block
    self.enter = nn.Dense(self.hidden, dtype=self.dtype)
    self.blocks = [
      block(self.hidden, self.kernel, 2**i, self.dtype)
      for i in range(self.layers)
    ]
    self.leave = nn.LayerNorm(dtype=self.dtype)

  def __call__(self, x_BxTxD, *, keys=None):
    """Applies the net to a whole sequence.

    Args:
      x_BxTxD: the input.
      keys: [B] one PRNG key per row turns dropout on; None: off.

    Returns:
      (y_BxTxH of `dtype`, carry after the last step).
    """
    y_BxTxH, memories = self.enter(x_BxTxD), []
    for i, block in enumerate(self.blocks):
      masks = self._mask(keys, 2 * i), self._mask(keys, 2 * i + 1)
      y_BxTxH, memory = block(y_BxTxH, masks)
      memories.append(memory)
    y_BxTxH = self.leave(y_BxTxH) * self._mask(keys, 2 * self.layers)
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

  def step(self, carry, x_BxD):
    """Applies the net to one step: (carry, x_BxD) -> (carry, y_BxH)."""
    time, memories = carry
    y_BxH, after = self.enter(x_BxD), []
    for block, memory in zip(self.blocks, memories):
      memory, y_BxH = block.step(time, memory, y_BxH)
      after.append(memory)
    return (time + 1, tuple(after)), self.leave(y_BxH)

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


class CausalConv(nn.Module):
  """y_t = b + sum_k x_{t - (K-1-k) * dilation} W_k; zeros before the beginning.

  Its memory is a ring buffer [N, B, H] of its last inputs: that of step t is at
  index t mod N, so that each step overwrites the oldest and copies nothing.
  """

  hidden: int
  kernel: int
  dilation: int
  dtype: jnp.dtype

  def setup(self):
    shape = (self.kernel, self.hidden, self.hidden)
    # As in the paper: initially a block is close to the identity.
    self.weight = self.param('weight', nn.initializers.normal(0.01), shape)
    self.bias = self.param('bias', nn.initializers.zeros, (self.hidden,))

  def __call__(self, x_BxTxH):
    """All steps: input -> (output, memory after the last step)."""
    weight = self.weight.astype(self.dtype)
    y_BxTxH = causal_conv(x_BxTxH, weight, self.dilation)
    num = span(self.kernel, self.dilation)
    last = jnp.pad(x_BxTxH, [(0, 0), (num, 0), (0, 0)])[:, -num:]
    ring = jnp.roll(jnp.swapaxes(last, 0, 1), x_BxTxH.shape[1], axis=0)
    return y_BxTxH + self.bias.astype(self.dtype), ring

  def step(self, time, memory_NxBxH, x_BxH):
    """(number of past steps, memory, input) -> (memory, output)."""
    num = span(self.kernel, self.dilation)
    # Written before it is read, so that XLA can update it in place.
    memory_NxBxH = memory_NxBxH.at[time % num].set(x_BxH)
    y_BxH = self.bias.astype(self.dtype)
    for k, w_HxH in enumerate(self.weight.astype(self.dtype)):
      # The index after the current one holds the oldest step.
      tap = (time + 1 + self.dilation * k) % num
      y_BxH += memory_NxBxH[tap] @ w_HxH
    return memory_NxBxH, y_BxH


def span(kernel: int, dilation: int) -> int:
  """Receptive field N of one convolution, in steps."""
  return 1 + (kernel - 1) * dilation


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def causal_conv(x_BxTxD, w_KxDxH, dilation: int):
  """A dilated causal convolution without a bias: -> y_BxTxH.

  The weight gradient is a matmul per tap. By default it is another convolution,
  which XLA compiles poorly on a CPU inside a loop: a train step took about fifty
  times as long.
  """
  before = span(len(w_KxDxH), dilation) - 1
  return _convolve(x_BxTxD, w_KxDxH, dilation, (before, 0))


def _convolve(x_BxTxD, w_KxDxH, dilation, padding):
  return jax.lax.conv_general_dilated(
    x_BxTxD,
    w_KxDxH,
    window_strides=(1,),
    padding=[padding],
    rhs_dilation=(dilation,),
    # Channels last is the fastest layout on a CPU.
    dimension_numbers=('NWC', 'WIO', 'NWC'),
  )


def _forward(x_BxTxD, w_KxDxH, dilation):
  return causal_conv(x_BxTxD, w_KxDxH, dilation), (x_BxTxD, w_KxDxH)


def _backward(dilation, saved, dy_BxTxH):
  x_BxTxD, w_KxDxH = saved
  steps, before = x_BxTxD.shape[1], span(len(w_KxDxH), dilation) - 1
  # The same convolution with time and kernel reversed.
  back_KxHxD = jnp.swapaxes(w_KxDxH[::-1], 1, 2)
  dx_BxTxD = _convolve(dy_BxTxH, back_KxHxD, dilation, (0, before))
  x_BxTxD = jnp.pad(x_BxTxD, [(0, 0), (before, 0), (0, 0)])
  dw_KxDxH = jnp.stack(
    [
      jnp.einsum(
        'btd,bth->dh',
        x_BxTxD[:, k * dilation : k * dilation + steps],
        dy_BxTxH,
        preferred_element_type=jnp.float32,
      )
      for k in range(len(w_KxDxH))
    ]
  )
  return dx_BxTxD, dw_KxDxH.astype(w_KxDxH.dtype)


causal_conv.defvjp(_forward, _backward)
