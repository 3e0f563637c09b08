"""Convolution with strides in any number of dimensions, as one matmul."""

from collections.abc import Sequence
import itertools

from flax import linen as nn
import jax.numpy as jnp


class Conv(nn.Module):
  """`nn.Conv` with padding 'SAME', computed as one Dense of shifted inputs.

  All its gradients, of any order, are matmuls too. On a CPU, XLA compiles the
  weight gradient of a convolution inside a loop (many train steps in one
  dispatch) to code that is about forty times slower.

  Attributes:
    hidden: units H of the output.
    widths: kernel size along each spatial axis.
    strides: stride along each spatial axis; empty: all 1.
    dtype: of the computation; parameters are float32.
  """

  hidden: int
  widths: Sequence[int]
  strides: Sequence[int] = ()
  dtype: jnp.dtype = jnp.float32

  @nn.compact
  def __call__(self, x):
    """[B, *space, D] -> [B, *space, H], each spatial axis divided by its stride."""
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
