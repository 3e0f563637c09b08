"""Checks of requested sampling controls and conditions."""

import math

from musiczoo.build import Conditions
from musiczoo.errors import UserError
from musiczoo.models.model import Model
from musiczoo.music import annotations
from musiczoo.nn.heads import Controls


def check_controls(model: Model, **asked) -> Controls:
  """Controls for a model; refuses those that it cannot use.

  Args:
    **asked: `temperature`, `top_k`, `top_p`, `min_p`; None or left out is the
      default of `Controls`.

  Raises:
    UserError: the model cannot use one, or a value is out of range.
  """
  asked = {name: value for name, value in asked.items() if value is not None}
  controls = Controls(**asked)
  for name, value in asked.items():
    if name not in model.controls and value != Controls._field_defaults[name]:
      usable = [f'--{c}' for c in Controls._fields[:4] if c in model.controls]
      raise UserError(
        f'--{name} cannot be used with this model: '
        + (f'it takes {", ".join(usable)}' if usable else 'leave it out')
      )
  if not 0 <= controls.temperature < math.inf or controls.top_k < 0:
    raise UserError('--temperature and --top_k must not be negative')
  if not (0 < controls.top_p <= 1 and 0 <= controls.min_p <= 1):
    raise UserError('--top_p must be in (0, 1] and --min_p in [0, 1]')
  return controls


def check_ability(model: Model, control: str, flag: str) -> None:
  """Refuses a flag that needs a control which the model does not have."""
  if control not in model.controls:
    raise UserError(f'{flag} cannot be used with this model: leave it out')


def check_requested(model: Model, conditions: Conditions, **asked) -> dict:
  """The requested conditions; refuses those that the model is not given.

  Args:
    conditions: of its config.
    **asked: `chords`, `key`, `density` and `style`, None where not requested.

  Returns:
    Arguments of `annotation_text.plan`.

  Raises:
    UserError: the model is not conditioned on one, or has no such style.
  """
  columns, styles = conditions.columns, conditions.styles
  requested = {k: v for k, v in asked.items() if v is not None}
  for name in requested:
    refused = f'--{name} cannot be used with this model, which '
    column = name.removesuffix('s')
    if 'cond' not in model.controls:
      raise UserError(f'{refused}has no conditions: leave it out')
    if column not in columns:
      raise UserError(
        f'{refused}is conditioned on {", ".join(columns)}: train one with '
        f'--config.conditions.columns={",".join([*columns, column])}'
      )
  if 'style' in requested:
    if requested['style'] not in styles:
      raise UserError(
        f'--style={requested["style"]}: the styles of this model are '
        f'{", ".join(styles) or "none, see --config.conditions.styles"}'
      )
    requested['style'] = annotations.style_number(requested['style'], styles)
  return requested
