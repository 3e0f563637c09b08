"""Reads a grid, 'key=a,b;key=c,d': a config for each combination of values."""

import itertools

from musiczoo.errors import UserError
from musiczoo.runs.sweep.table import ONE

from . import config as configs

EXAMPLE = '--grid="optimizer.learning_rate=1e-3,3e-4; model.hidden=64,128"'


def points(config: dict, text: str | None) -> dict[str, dict]:
  """Every combination of the values, in the order they are given.

  Returns:
    Configs by the name of their point, such as 'learning_rate=0.001'.

  Raises:
    UserError: names the key or value that is wrong, or is there twice.
  """
  if text is None:
    return {ONE: config}
  axes = {}
  for part in text.split(';'):
    key, _, values = (t.strip() for t in part.partition('='))
    values = [value.strip() for value in values.split(',')]
    if not key or not all(values):
      raise UserError(f"--grid: '{part}' lacks a value: give {EXAMPLE}")
    if key in axes:
      raise UserError(
        f'--grid: {key} is there twice: give it all its values once'
      )
    if key == 'seed':
      raise UserError('--grid: seeds are not of the grid: give --seeds=8')
    axes[key] = values
  found = {}
  for values in itertools.product(*axes.values()):
    changes = list(zip(axes, values))
    try:
      point = configs.changed(config, changes)
    except UserError as e:
      raise UserError(f'--grid: {e}') from e
    name = ', '.join(f'{_last(key, axes)}={value}' for key, value in changes)
    for other, theirs in found.items():
      if theirs == point:
        raise UserError(f'--grid: {name} is {other} again: leave one out')
    found[name] = point
  return found


def _last(key, axes):
  """The last part of a key, or all of it where that would be unclear."""
  name = key.rsplit('.', 1)[-1]
  return name if sum(k.rsplit('.', 1)[-1] == name for k in axes) == 1 else key
