"""CNN: dilated causal convolutions under a head."""

import dataclasses
from typing import Annotated

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.errors import Range, Share, Units
from musiczoo.models.autoregressive import autoregressive
from musiczoo.models.model import Model
from musiczoo.nn.tcn import TCN


@dataclasses.dataclass(frozen=True)
class CNNOptions:
  """Options of cnn.

  Attributes:
    hidden: units per layer.
    layers: residual blocks of two convolutions; the dilation doubles from one
      to the next, so that the receptive field is 1 + 2 (kernel - 1)
      (2^layers - 1) steps.
    kernel: width of a convolution.
    dropout: rate of locked dropout, one mask per row for all its steps.
    chroma: whether the head is also given how long each pitch class has sounded, see
      `nn.chroma`; of voices only.
    look_back: units in which the net is given what the bars one, two, four and eight
      bars before each step had, see `nn.look_back`; of melodies only. 0: not.
    degrees: units in which the net is given the degree of each pitch above the tonic
      of the condition `key`, see `nn.degrees`; of melodies only. 0: not.
  """

  hidden: Units
  layers: Annotated[int, Range(1, 16)]  # Their dilations double.
  kernel: Annotated[int, Range(2, 1024)]
  dropout: Share = 0.0
  chroma: bool = False
  look_back: Annotated[int, Range(0, 1024)] = 0
  degrees: Annotated[int, Range(0, 1024)] = 0


def cnn(
  spec, head: nn.Module, options: CNNOptions, *, conditioning, dtype, remat
) -> Model:
  """An autoregressive model with a temporal convolutional net.

  Args:
    spec: of x.
    head: predicts each step.
    options: of the net.
    conditioning: condition columns, embedded beside the step before.
    dtype: of the computation; parameters and loss stay float32.
    remat: recompute each block in the backward pass, to save memory.
  """
  dtype = jnp.dtype(dtype)
  sizes = options.hidden, options.layers, options.kernel
  net = TCN(*sizes, options.dropout, dtype, remat)
  form = {'look_back': options.look_back, 'degrees': options.degrees}
  more = {'chroma': options.chroma} | form
  return autoregressive(net, head, spec, conditioning, dtype, **more)
