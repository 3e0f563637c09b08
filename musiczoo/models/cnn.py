"""Dilated causal convolutions under a head -> a Model."""

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.errors import UserError
from musiczoo.models.autoregressive import autoregressive
from musiczoo.models.model import Model
from musiczoo.music.spec import Spec
from musiczoo.nn.conditioning import Conditioning
from musiczoo.nn.tcn import TCN


def cnn(
    spec: Spec,
    head: nn.Module,
    *,
    hidden: int,
    layers: int,
    kernel: int,
    dropout: float = 0.0,
    conditions: Conditioning = Conditioning(),
    dtype: str = 'float32',
    remat: bool = False,
) -> Model:
  """A temporal convolutional net that hears the past and feeds the head.

  Args:
    spec: what x is.
    head: what is predicted of each step.
    hidden: units per layer.
    layers: how many residual blocks; the dilation doubles from one to the next,
      so that 1 + 2 (kernel - 1) (2^layers - 1) steps are heard.
    kernel: taps of a convolution.
    dropout: share of units dropped, the same ones at every step of a row.
    conditions: what the net is told beside the past.
    dtype: of the computation; parameters and loss stay float32.
    remat: hear each block again for its gradient, which takes time and saves
      the memory of its insides.
  """
  if hidden < 1 or layers < 1 or kernel < 2 or not 0 <= dropout < 1:
    raise UserError(
        f'model.hidden={hidden}, layers={layers}, kernel={kernel}, '
        f'dropout={dropout}: give hidden and layers of 1 or more, a kernel of 2 '
        'or more, and a dropout of 0 or more, below 1'
    )
  dtype = jnp.dtype(dtype)
  net = TCN(hidden, layers, kernel, dropout, dtype, remat)
  return autoregressive(net, head, spec, conditions, dtype)
