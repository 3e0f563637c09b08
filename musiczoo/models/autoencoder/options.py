"""Options that autoencoder and vae share."""

import dataclasses
from typing import Annotated

from musiczoo.errors import Layers, OneOf, Range, Share, Units, UserError
from musiczoo.music.spec import Spec
from musiczoo.nn.recurrent import CELLS


@dataclasses.dataclass(frozen=True)
class LatentOptions:
  """Options that autoencoder and vae share.

  Attributes:
    net: 'conv' or 'recurrent', the layers of the encoder and the decoder.
    hidden: units of each layer.
    latent: dimensions L of a latent.
    layers: of the recurrent nets.
    cell: of the recurrent nets: 'rnn', 'lstm' or 'gru'.
    segment: steps after which the decoder's state is reset; 0: never.
    dropout: rate of locked dropout in the decoder, one mask for all steps.
    word_dropout: share of steps hidden from the decoder in training; 1: all,
      when sampling too.
    attributes: weight of the nats of a window's density, pitch and spread given
      its latent by linear regression; 0: no such loss.
  """

  net: Annotated[str, OneOf('conv', 'recurrent')]
  hidden: Units
  latent: Units
  layers: Layers = 1
  cell: Annotated[str, OneOf(*CELLS)] = 'gru'
  segment: Annotated[int, Range(0, 2**20)] = 0
  dropout: Share = 0.0
  word_dropout: Annotated[float, Range(0, 1)] = 0.0
  attributes: Annotated[float, Range(0)] = 0.0

  def check(self, spec: Spec, window: int) -> None:
    """Raises UserError unless the options fit x and its window."""
    if self.attributes and not spec.is_grid:
      raise UserError(
        f'model.attributes={self.attributes}: tokens and audio have none: '
        'set --config.model.attributes=0'
      )
    if self.segment and window % self.segment:
      raise UserError(
        f'model.segment={self.segment} does not divide the window of '
        f'{window} steps: set it so that it does, or to 0'
      )
