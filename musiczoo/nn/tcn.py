"""TCN: a stack of dilated causal convolutions (Bai et al. 2018).

Shapes: T steps, B rows, D inputs, H hidden units; a kernel has K taps and
spans N = 1 + (K - 1) * dilation steps.
"""

import functools

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.nn.dropout import locked


class TCN(nn.Module):
  """A stack of residual blocks of dilated causal convolutions.

  The temporal convolutional network of Bai et al. 2018, where a norm over the
  channels before each convolution stands for their weight normalisation. Block
  i has dilation 2^i.

  Attributes:
    hidden: units H of each layer.
    layers: number of residual blocks of two convolutions each.
    kernel: taps K of each convolution, 2 or more.
    dropout: rate of the *locked* dropout on the output of each convolution and
      of the net: one mask per row and layer, the same at all steps.
    dtype: of the computation and of the carry. Parameters are float32.
    remat: save only a block's input for the backward pass, and recompute it.
  """

  hidden: int
  layers: int
  kernel: int
  dropout: float = 0.0
  dtype: jnp.dtype = jnp.float32
  remat: bool = False

  @property
  def reach(self) -> int:
    """The receptive field in steps, the present one included."""
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
    """Encodes a whole sequence.

    Args:
      x_BxTxD: the input.
      keys: [B] one PRNG key per row turns dropout on; None: off.

    Returns:
      (y_BxTxH of `dtype`, carry after the last step).
    """
    y_BxTxH, memories = self.enter(x_BxTxD), []
    for i, block in enumerate(self.blocks):
      kept = self._kept(keys, 2 * i), self._kept(keys, 2 * i + 1)
      y_BxTxH, memory = block(y_BxTxH, kept)
      memories.append(memory)
    y_BxTxH = self.leave(y_BxTxH) * self._kept(keys, 2 * self.layers)
    return y_BxTxH, (jnp.int32(x_BxTxD.shape[1]), tuple(memories))

  def start(self, num: int):
    """The initial carry of `num` rows.

    It is (steps so far, for each block the buffers of its two convolutions).
    """
    memories = (
      (jnp.zeros((span(self.kernel, 2**i), num, self.hidden), self.dtype),) * 2
      for i in range(self.layers)
    )
    return jnp.int32(0), tuple(memories)

  def step(self, carry, x_BxD):
    """One step: (carry, x_BxD) -> (carry, y_BxH)."""
    time, memories = carry
    y_BxH, after = self.enter(x_BxD), []
    for block, memory in zip(self.blocks, memories):
      memory, y_BxH = block.step(time, memory, y_BxH)
      after.append(memory)
    return (time + 1, tuple(after)), self.leave(y_BxH)

  def _kept(self, keys, layer):
    """The dropout mask of a layer's output: [B, 1, H], or 1."""
    if keys is None or not self.dropout:
      return 1
    return locked(keys, layer, self.dropout, self.hidden, self.dtype)[:, None]


class Block(nn.Module):
  """y = x + F(x); twice in F a norm, a rectifier and a convolution.

  Norm and rectifier stand before the convolution (pre-activation, He et al.
  2016).
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

  def __call__(self, x_BxTxH, kept):
    """(input, dropout masks of the convolutions) -> (output, buffers)."""
    y_BxTxH, memories = x_BxTxH, []
    for norm, convolution, mask in zip(self.norms, self.convolutions, kept):
      y_BxTxH, memory = convolution(nn.relu(norm(y_BxTxH)))
      y_BxTxH *= mask
      memories.append(memory)
    return x_BxTxH + y_BxTxH, tuple(memories)

  def step(self, time, memories, x_BxH):
    """(steps so far, buffers, input) -> (buffers, output)."""
    y_BxH, after = x_BxH, []
    for norm, convolution, memory in zip(
      self.norms, self.convolutions, memories
    ):
      memory, y_BxH = convolution.step(time, memory, nn.relu(norm(y_BxH)))
      after.append(memory)
    return tuple(after), x_BxH + y_BxH


class CausalConv(nn.Module):
  """y_t = b + sum_k x_{t - (K-1-k) * dilation} W_k; zeros before the beginning.

  Its carry is a ring buffer [N, B, H] of its last inputs: step t is at t mod N,
  so that a step overwrites the oldest.
  """

  hidden: int
  kernel: int
  dilation: int
  dtype: jnp.dtype

  def setup(self):
    shape = (self.kernel, self.hidden, self.hidden)
    # As in the paper: at first a block is close to the identity.
    self.weight = self.param('weight', nn.initializers.normal(0.01), shape)
    self.bias = self.param('bias', nn.initializers.zeros, (self.hidden,))

  def __call__(self, x_BxTxH):
    """(the whole input) -> (the whole output, buffer after the last step)."""
    weight = self.weight.astype(self.dtype)
    y_BxTxH = causal_conv(x_BxTxH, weight, self.dilation)
    num = span(self.kernel, self.dilation)
    last = jnp.pad(x_BxTxH, [(0, 0), (num, 0), (0, 0)])[:, -num:]
    ring = jnp.roll(jnp.swapaxes(last, 0, 1), x_BxTxH.shape[1], axis=0)
    return y_BxTxH + self.bias.astype(self.dtype), ring

  def step(self, time, memory_NxBxH, x_BxH):
    """(steps so far, buffer, input) -> (buffer, output)."""
    num = span(self.kernel, self.dilation)
    # Written before it is read, so that XLA can write in place.
    memory_NxBxH = memory_NxBxH.at[time % num].set(x_BxH)
    y_BxH = self.bias.astype(self.dtype)
    for k, w_HxH in enumerate(self.weight.astype(self.dtype)):
      # The step after the present one is, around the ring, the oldest.
      tap = (time + 1 + self.dilation * k) % num
      y_BxH += memory_NxBxH[tap] @ w_HxH
    return memory_NxBxH, y_BxH


def span(kernel: int, dilation: int) -> int:
  """The receptive field N of one convolution, in steps."""
  return 1 + (kernel - 1) * dilation


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def causal_conv(x_BxTxD, w_KxDxH, dilation: int):
  """A dilated causal convolution without a bias: -> y_BxTxH.

  The weight gradient is a matrix product per tap. JAX's is another convolution,
  which is some fifty times slower on a CPU inside a loop.
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
    # Channels last is faster on a CPU.
    dimension_numbers=('NWC', 'WIO', 'NWC'),
  )


def _forward(x_BxTxD, w_KxDxH, dilation):
  return causal_conv(x_BxTxD, w_KxDxH, dilation), (x_BxTxD, w_KxDxH)


def _backward(dilation, saved, dy_BxTxH):
  x_BxTxD, w_KxDxH = saved
  steps, before = x_BxTxD.shape[1], span(len(w_KxDxH), dilation) - 1
  # The same convolution, from the end to the beginning.
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
