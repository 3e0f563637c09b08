"""Checks of requested sampling controls and conditions."""

from collections.abc import Sequence

import numpy as np

from musiczoo.build import Conditions, Pipeline
from musiczoo.errors import Range, UserError
from musiczoo.models.model import Model
from musiczoo.music import annotations
from musiczoo.music.form import parse_phrases, parse_time_signature
from musiczoo.nn.heads import Controls
from musiczoo.nn.heads.rules import RULES

# The flags of sampling, with the values that change nothing.
USUAL = {
  'temperature': 1.0,
  'top_k': 0,
  'top_p': 1.0,
  'min_p': 0.0,
  'forbid': None,
}
RANGES = {
  'temperature': Range(0, 100),
  'top_k': Range(0, 2**16),
  'top_p': Range(1e-9, 1),
  'min_p': Range(0, 1),
}


def parse_rules(names: Sequence[str]) -> np.ndarray | None:
  """Names of rules -> which of `rules.RULES` hold, bool [rules]; None if none.

  Raises:
    UserError: there is no such rule.
  """
  for name in names:
    if name not in RULES:
      raise UserError(f'--forbid={name}: choose of {", ".join(RULES)}')
  return np.array([name in names for name in RULES]) if names else None


def check_controls(pipeline: Pipeline, **asked) -> Controls:
  """Controls for a model; refuses those that it cannot use.

  Args:
    **asked: `temperature`, `top_k`, `top_p`, `min_p`, `forbid`; None or left out
      is the default of the config's table `sampling`, else of `USUAL`.

  Raises:
    UserError: the model cannot use one, or a value is out of range.
  """
  model, sampling = pipeline.model, pipeline.sampling
  asked = {name: value for name, value in asked.items() if value is not None}
  own = {'temperature': sampling.temperature, 'top_p': sampling.top_p}
  own = {name: value for name, value in own.items() if name in model.controls}
  values = USUAL | own | asked
  for name, value in asked.items():
    if name not in model.controls and np.any(value != USUAL[name]):
      usable = [f'--{c}' for c in USUAL if c in model.controls]
      raise UserError(
        f'--{name} cannot be used with this model: '
        + (f'it takes {", ".join(usable)}' if usable else 'leave it out')
      )
  for name, allowed in RANGES.items():
    value = values[name]
    if value not in allowed:
      text = value if isinstance(value, int) else f'{value:g}'
      raise UserError(f'--{name}={text}: give {allowed}')
  # Filters that keep all are no part of the program.
  return Controls(**{k: v for k, v in values.items() if np.any(v != USUAL[k])})


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


def check_form(
  pipeline: Pipeline,
  num_steps: int | None,
  time_signature: str | None,
  phrases: str | None,
) -> dict:
  """Length, time signature and phrases; refuses what the model is not given.

  Args:
    num_steps: None: as long as the phrases, or 256.
    time_signature: such as '3/4', or None.
    phrases: lengths in quarter notes, such as '16,16', or None.

  Returns:
    `num_steps`, `time_signature` and `phrase_ends`, arguments of `forms.plan`.

  Raises:
    UserError: the model is not conditioned on one, or two do not agree.
  """
  grid, columns = pipeline.spec.steps_per_quarter, pipeline.conditions.columns
  for flag, value, column in (
    ('time_signature', time_signature, 'meter'),
    ('phrases', phrases, 'phrases'),
  ):
    if value is not None:
      check_ability(pipeline.model, 'cond', f'--{flag}')
      if column not in columns:
        raise UserError(
          f'--{flag}={value} cannot be used with this model, which is not '
          f'conditioned on {column}: train one with '
          f'--config.conditions.columns={",".join([*columns, column])}'
        )
  form = {}
  if time_signature is not None:
    pair = parse_time_signature(time_signature, grid)
    form['time_signature'] = pair
  if phrases is not None:
    ends = parse_phrases(phrases, grid)
    if num_steps not in (None, ends[-1]):
      raise UserError(
        f'--phrases={phrases} are {ends[-1]} steps, --num_steps={num_steps}: '
        'leave one of them out'
      )
    form |= {'phrase_ends': ends, 'num_steps': ends[-1]}
  return {'num_steps': 256 if num_steps is None else num_steps} | form


def check_candidates(pipeline: Pipeline, number: int | None) -> int:
  """The number of candidates of each phrase; None is the model's own.

  Raises:
    UserError: the model samples none.
  """
  if number is None:
    return pipeline.sampling.phrase_candidates
  if number > 1:
    check_ability(pipeline.model, 'phrase_candidates', '--phrase_candidates')
  return number
