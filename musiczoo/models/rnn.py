"""RNN, LSTM and GRU: a recurrent net under a head."""

from collections.abc import Callable
import dataclasses
from typing import Annotated

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.errors import Layers, OneOf, Range, Share, Units
from musiczoo.models.autoregressive import autoregressive
from musiczoo.models.model import Model
from musiczoo.nn.recurrent import backends, Recurrent


@dataclasses.dataclass(frozen=True)
class RNNOptions:
  """Options of rnn, lstm and gru.

  Attributes:
    hidden: units per layer.
    layers: number of layers.
    residual: whether layers above the first add their input to their output.
    dropout: rate of locked dropout, one mask per row for all its steps.
    word_dropout: rate at which the previous step is hidden from the net in
      training.
    chroma: whether the head is also given how long each pitch class has sounded, see
      `nn.chroma`; of voices only.
    look_back: units in which the net is given what the bars one, two, four and eight
      bars before each step had, see `nn.look_back`; of melodies only. 0: not.
    degrees: units in which the net is given the degree of each pitch above the tonic
      of the condition `key`, see `nn.degrees`; of melodies only. 0: not.
    backend: what computes the layers in training, see `nn.recurrent.backends`; auto
      takes the device's.
  """

  hidden: Units
  layers: Layers
  residual: bool = False
  dropout: Share = 0.0
  word_dropout: Share = 0.0
  chroma: bool = False
  look_back: Annotated[int, Range(0, 1024)] = 0
  degrees: Annotated[int, Range(0, 1024)] = 0
  backend: Annotated[str, OneOf(*backends.NAMES)] = 'auto'


def _family(cell: str) -> Callable[..., Model]:
  """The family of one recurrent cell, 'rnn', 'lstm' or 'gru'."""

  def family(
    spec, head: nn.Module, options: RNNOptions, *, conditioning, dtype, remat
  ) -> Model:
    dtype = jnp.dtype(dtype)
    sizes = options.hidden, options.layers, options.residual, options.dropout
    net = Recurrent(cell, *sizes, dtype, remat, options.backend)
    more = conditioning, dtype, options.word_dropout, options.chroma
    form = {'look_back': options.look_back, 'degrees': options.degrees}
    return autoregressive(net, head, spec, *more, **form)

  family.__name__ = family.__qualname__ = cell
  family.__doc__ = f"""An autoregressive model with a stack of {cell} layers.

    Args:
      spec: of x.
      head: predicts each step.
      options: of the net.
      conditioning: condition columns, embedded beside the step before.
      dtype: of the computation; parameters and loss stay float32.
      remat: recompute each layer in the backward pass, to save memory.
    """
  return family


rnn, lstm, gru = map(_family, ('rnn', 'lstm', 'gru'))
