"""Options of structure."""

import dataclasses
from typing import Annotated

from musiczoo.errors import Layers, OneOf, Range, Share, Units, UserError
from musiczoo.models.structure.codes import codes_of
from musiczoo.music import annotations
from musiczoo.music.annotations import MAX_BAR_STEPS
from musiczoo.music.spec import Spec
from musiczoo.nn.conditioning import Conditioning
from musiczoo.nn.recurrent import CELLS


@dataclasses.dataclass(frozen=True)
class StructureOptions:
  """Options of structure.

  Attributes:
    hidden: units per layer of the renderer.
    layers: of the renderer.
    planner_hidden: units of the planner.
    analyser_hidden: units of each dense layer of the analyser.
    analyser_channels: filters of its convolution.
    cell: of renderer and planner: 'rnn', 'lstm' or 'gru'.
    residual: whether layers of the renderer above the first add their input to
      their output.
    dropout: rate of locked dropout in renderer and planner, one mask per row
      for all its steps.
    chroma: whether the renderer's head is also given how long each pitch class has sounded, see
      `nn.chroma`; of voices only.
    bar_steps: of a bar. The first of a row may have begun before it; music in
      other meters is cut into such bars all the same.
  """

  hidden: Units
  layers: Layers
  planner_hidden: Units
  analyser_hidden: Units
  analyser_channels: Units
  cell: Annotated[str, OneOf(*CELLS)] = 'gru'
  residual: bool = False
  dropout: Share = 0.0
  chroma: bool = False
  bar_steps: Annotated[int, Range(4, MAX_BAR_STEPS)] = 16

  def check(self, spec: Spec, conditioning: Conditioning) -> None:
    """Raises UserError unless the options fit x and its conditions."""
    if not (spec.is_grid or spec.is_melody):
      raise UserError(
        'family structure models bars of a grid, not events or audio: set '
        '--config.representation.name to voices, tracks, pianoroll or melody'
      )
    if not codes_of(conditioning):
      raise UserError(
        'family structure has no annotations to predict: set '
        '--config.conditions.columns=key,chord,density,rhythm,section'
      )
    if annotations.METER in {place for place, _ in conditioning.columns}:
      raise UserError(
        'family structure plans bars of one meter: leave it out of '
        '--config.conditions.columns'
      )
    if self.bar_steps % 4:
      raise UserError(f'model.bar_steps={self.bar_steps}: give a multiple of 4')
