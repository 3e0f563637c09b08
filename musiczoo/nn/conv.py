"""Convolutions: Conv in any number of dimensions, CausalConv over time.

XLA compiles the weight gradient of its own convolution poorly on a CPU inside a
loop, that is many train steps in one dispatch: a step takes about forty times
as long. Here all weight gradients are matmuls. `Conv` is one matmul of shifted
inputs, with gradients of any order. `CausalConv` runs XLA's convolution
forward, which is faster where dilations are large, and can run step by step.

Shapes: B rows, T steps, D inputs, H hidden units; K taps of a causal kernel that
spans N = 1 + (K - 1) * dilation steps.
"""

from collections.abc import Sequence
import functools
import itertools

from flax import linen as nn
import jax
import jax.numpy as jnp


class Conv(nn.Module):
  """`nn.Conv` with padding 'SAME', computed as one Dense of shifted inputs.

  Attributes:
    hidden: units H of the output.
    widths: kernel size along each spatial axis.
    strides: stride along each spatial axis; empty: all 1.
    dilation: of the kernel, along all axes.
    dtype: of the computation; parameters are float32.
  """

  hidden: int
  widths: Sequence[int]
  strides: Sequence[int] = ()
  dilation: int = 1
  dtype: jnp.dtype = jnp.float32

  @nn.compact
  def __call__(self, x):
    """[B, *space, D] -> [B, *space, H], each spatial axis divided by its stride."""
    strides = self.strides or (1,) * len(self.widths)
    spans = [span(width, self.dilation) for width in self.widths]
    pads = jax.lax.padtype_to_pads(x.shape[1:-1], spans, strides, 'SAME')
    sizes = [-(-n // stride) for n, stride in zip(x.shape[1:-1], strides)]
    x = jnp.pad(x, [(0, 0), *pads, (0, 0)])
    shifts = [
      x[
        :,
        *(
          slice(k * self.dilation, k * self.dilation + size * stride, stride)
          for k, size, stride in zip(tap, sizes, strides)
        ),
      ]
      for tap in itertools.product(*map(range, self.widths))
    ]
    dense = nn.Dense(self.hidden, dtype=self.dtype)
    return dense(jnp.concatenate(shifts, axis=-1))


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
    # As in Bai et al. 2018: initially a residual block is close to the identity.
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
  """A dilated causal convolution without a bias: -> y_BxTxH."""
  before = span(len(w_KxDxH), dilation) - 1
  return _convolve(x_BxTxD, w_KxDxH, dilation, (before, 0))


def _convolve(x_BxTxD, w_KxDxH, dilation, padding):
  # Channels last is the fastest layout on a CPU.
  return jax.lax.conv_general_dilated(
    x_BxTxD,
    w_KxDxH,
    window_strides=(1,),
    padding=[padding],
    rhs_dilation=(dilation,),
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
  product = functools.partial(
    jnp.einsum, 'btd,bth->dh', preferred_element_type=jnp.float32
  )
  starts = range(0, before + 1, dilation)
  dw_KxDxH = jnp.stack(
    [product(x_BxTxD[:, k : k + steps], dy_BxTxH) for k in starts]
  )
  return dx_BxTxD, dw_KxDxH.astype(w_KxDxH.dtype)


causal_conv.defvjp(_forward, _backward)
