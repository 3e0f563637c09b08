"""The folder of a run: config.json, checkpoints/, metrics.jsonl."""

import json
import pathlib

import jax
import numpy as np

from musiczoo import build
from musiczoo.errors import UserError
from musiczoo.music import annotations
from musiczoo.music.files import write_atomic
from musiczoo.runs import config_history, provenance
from musiczoo.training import checkpoint

# Keys that may differ when a run continues.
CHANGEABLE = (
  'steps',
  'on_nan',
  'sampling.temperature',
  'sampling.top_p',
  'sampling.phrase_candidates',
)


def check_same(workdir, config: build.RunConfig) -> None:
  """Raises UserError if the folder has checkpoints of another run.

  A dataset may have moved elsewhere.
  """
  path = pathlib.Path(workdir) / 'config.json'
  if not (path.exists() and checkpoint.steps(checkpoints(workdir))):
    return
  there = _flat(config_history.upgraded(_read(path)))
  here = _flat(config.to_dict())
  if provenance.is_moved(workdir, config.corpus):
    there['corpus'] = here['corpus']
  differ = [
    f'{k} is {_short(there.get(k))} there, {_short(here.get(k))} here'
    for k in sorted(there | here)
    if there.get(k) != here.get(k) and k not in CHANGEABLE
  ]
  if differ:
    more = f' (and {len(differ) - 3} more)' if len(differ) > 3 else ''
    raise UserError(
      f'{workdir} holds another run: {"; ".join(differ[:3])}{more}; '
      'choose another folder, or remove this one'
    )


def write_config(workdir, config: build.RunConfig) -> None:
  """Writes config.json, in a folder that is made if need be.

  Raises:
    UserError: it can't be written.
  """
  path = pathlib.Path(workdir) / 'config.json'
  text = json.dumps(config.to_dict(), indent=1, sort_keys=True) + '\n'
  try:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, text)
  except OSError as e:
    raise UserError(f'--workdir={workdir}: {e.strerror}: choose another') from e


def checkpoints(workdir) -> pathlib.Path:
  return pathlib.Path(workdir) / 'checkpoints'


def load(workdir):
  """The best model of a run: (config, pipeline, params as NumPy arrays, step).

  Raises:
    UserError: no run there, no checkpoint yet, or none that is sound.
  """
  if not pathlib.Path(workdir).is_dir():
    raise UserError(f'--workdir={workdir}: no such folder: train a model first')
  found = checkpoint.restore(checkpoints(workdir), best=True)
  if found is None:
    raise UserError(
      f'--workdir={workdir} has no sound checkpoint: train a model there '
      'first, or give the folder that --workdir named in training'
    )
  tree, config, step = found
  try:
    config = config_history.parse(config)
    pipeline = build.pipeline(config)
  except UserError as e:
    raise UserError(
      f'{checkpoints(workdir)}: the config saved there is of another release '
      f'of musiczoo ({e})'
    ) from e
  saved = tree.get('ema') or tree['params']
  origin = str(checkpoints(workdir) / f'{step:09d}')
  params = checkpoint.conform(saved, shapes(pipeline), origin=origin)
  return config, pipeline, params, step


def shapes(pipeline: build.Pipeline):
  """Shapes and dtypes of the parameters, computed without any arithmetic."""
  steps = pipeline.model.window or 8
  batch = {
    'x': np.zeros((1, steps, *pipeline.spec.shape), pipeline.spec.dtype),
    'mask': np.ones((1, steps), np.float32),
    'row': np.zeros(1, np.uint32),
    'cond': np.zeros((1, steps, len(annotations.COLUMNS)), np.int16),
  }
  return jax.eval_shape(pipeline.model.init, jax.random.key(0), batch)


def _read(path):
  try:
    return json.loads(path.read_text())
  except ValueError as e:
    raise UserError(
      f'{path} is not JSON: mend it or choose another --workdir'
    ) from e


def _short(value):
  text = str(value)
  return text if len(text) < 80 else f'{text[:60]} ...'


def _flat(config, prefix=''):
  flat = {}
  for key, value in config.items():
    if isinstance(value, dict):
      flat |= _flat(value, f'{prefix}{key}.')
    else:
      flat[prefix + key] = list(value) if isinstance(value, tuple) else value
  return flat
