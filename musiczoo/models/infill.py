"""Infill: an autoregressive model of voices that is given cells ahead.

p(unknown cells | known cells) = prod_t p(x_t | x_<t, known cells): a recurrent net
encodes the steps before, convolutions the known cells before and after, and a head
predicts the step from both. Shapes: B rows, T steps, V voices.
"""

import dataclasses
from typing import Annotated

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.errors import Layers, OneOf, Share, Units, UserError
from musiczoo.models.autoregressive import autoregressive
from musiczoo.models.model import Model
from musiczoo.nn.cell_encoder import CellEncoder
from musiczoo.nn.conditioning import Conditioning
from musiczoo.nn.recurrent import CELLS, Recurrent


@dataclasses.dataclass(frozen=True)
class InfillOptions:
  """Options of infill.

  Attributes:
    cell: of the recurrent net.
    hidden: its units per layer.
    layers: its layers.
    residual: whether layers above the first add their input to their output.
    dropout: rate of locked dropout, one mask per row for all its steps.
    word_dropout: rate at which the previous step is hidden from the recurrent net
      in training.
    chroma: whether the head is also given the chroma of the past, see `nn.chroma`.
    known_hidden: units of the encoder of known cells.
    known_layers: its residual blocks of two layers.
    known_dropout: its rate of dropout.
  """

  cell: Annotated[str, OneOf(*CELLS)]
  hidden: Units
  layers: Layers
  known_hidden: Units
  known_layers: Layers
  residual: bool = False
  dropout: Share = 0.0
  word_dropout: Share = 0.0
  chroma: bool = False
  known_dropout: Share = 0.0


def infill(
  spec,
  head: nn.Module,
  options: InfillOptions,
  *,
  conditioning: Conditioning = Conditioning(),
  dtype,
  remat,
) -> Model:
  """An autoregressive model of the cells that are not given, step after step.

  In training some cells of a row are known (see `random_known`): some voices
  throughout, all steps but some, both, or none. The loss is that of the others.
  In evaluation none is, and the nats are those of the whole piece, as of `gru`.

  Args:
    spec: of x; must be voices.
    head: predicts each step.
    options: of the nets.
    conditioning: the condition columns.
    dtype: of the computation; parameters and loss stay float32.
    remat: recompute layers and blocks in the backward pass, to save memory.

  Raises:
    UserError: the music is not voices.
  """
  if spec.kind != 'voices':
    raise UserError(
      'family infill is of voices: set --config.representation.name=voices'
    )
  dtype = jnp.dtype(dtype)
  sizes = options.hidden, options.layers, options.residual, options.dropout
  net = Recurrent(options.cell, *sizes, dtype, remat)
  known = options.known_hidden, options.known_layers, options.known_dropout
  encoder = CellEncoder(
    spec.depth, *spec.shape, *known, head.onsets, dtype, remat
  )
  more = conditioning, dtype, options.word_dropout, options.chroma
  return autoregressive(net, head, spec, *more, encoder)
