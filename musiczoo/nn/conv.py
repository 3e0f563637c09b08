"""Conv: a strided convolution over any axes, as one matrix product."""

from collections.abc import Sequence
import itertools

from flax import linen as nn
import jax.numpy as jnp


class Conv(nn.Module):
  """`nn.Conv` with padding 'SAME', as one Dense layer of shifted inputs (im2col).

  Its gradients of any order are matrix products too. Inside a loop, such as that
  of several train steps in one dispatch, XLA's weight gradient of a convolution
  is some forty times slower on a CPU.

  Attributes:
    hidden: units H of the output.
    widths: of the kernel along each axis of space.
    strides: along each axis of space; empty: all 1.
    dtype: of the computation; parameters are float32.
  """

  hidden: int
  widths: Sequence[int]
  strides: Sequence[int] = ()
  dtype: jnp.dtype = jnp.float32

  @nn.compact
  def __call__(self, x):
    """[B, *space, D] -> [B, *space, H], each axis of space cut by its stride."""
    strides = self.strides or (1,) * len(self.widths)
    sizes, padding = [], [(0, 0)]
    for steps, width, stride in zip(x.shape[1:-1], self.widths, strides):
      size = -(-steps // stride)
      missing = max((size - 1) * stride + width - steps, 0)
      sizes.append(size)
      padding.append((missing // 2, missing - missing // 2))
    x = jnp.pad(x, [*padding, (0, 0)])
    shifts = [
      x[
        :,
        *(
          slice(begin, begin + (size - 1) * stride + 1, stride)
          for begin, size, stride in zip(tap, sizes, strides)
        ),
      ]
      for tap in itertools.product(*map(range, self.widths))
    ]
    return nn.Dense(self.hidden, dtype=self.dtype)(
      jnp.concatenate(shifts, axis=-1)
    )
