"""The folder of a run: config.json, run.json, checkpoints/, metrics.jsonl; of models
of `compound` ensembles.json, see `ensembles`.

run.json has the id of the run and the digests of its pieces. Runs of earlier
releases have none until they go on.
"""

from collections.abc import Mapping
import hashlib
import os
import pathlib

import jax
import numpy as np

from musiczoo import build
from musiczoo.data import corpus_digests
from musiczoo.errors import UserError
from musiczoo.music import annotations, json_files
from musiczoo.music.files import write_atomic
from musiczoo.runs import config_history, ensembles
from musiczoo.training import checkpoint, checkpoint_folder

CONFIG, RUN = 'config.json', 'run.json'
# Keys that may differ when a run continues.
CHANGEABLE = (
  'steps',
  'on_nan',
  'sampling.temperature',
  'sampling.top_p',
  'sampling.phrase_candidates',
)


def check_same(
  workdir, config: build.RunConfig, pieces: Mapping[str, str]
) -> str:
  """Returns the id of the run in a folder, or of the one that will be there.

  The same pieces may lie elsewhere now.

  Args:
    pieces: `corpus_digests.digests` of what it trains on and is compared by.

  Raises:
    UserError: the folder has checkpoints of another config or corpus.
  """
  if not checkpoint_folder.steps(checkpoints(workdir)):
    return run_id(config, pieces)
  recorded = _recorded(workdir) or {}
  is_moved = recorded.get('pieces') == dict(pieces)
  check_config(workdir, config, is_moved=is_moved)
  return check_pieces(workdir, pieces) or run_id(config, pieces)


def check_config(
  workdir, config: build.RunConfig, *, is_moved: bool = False
) -> None:
  """Raises UserError if the folder has another config.

  Args:
    is_moved: the corpus may have another path.
  """
  path = pathlib.Path(workdir) / CONFIG
  if not path.exists():
    return
  there = _flat(config_history.upgraded(read_table(path)))
  here = _flat(config.to_dict())
  if is_moved:
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


def check_pieces(workdir, pieces: Mapping[str, str]) -> str | None:
  """Returns the id of the run in a folder, None if it recorded none.

  Raises:
    UserError: it was trained on other pieces; the first are named.
  """
  recorded = _recorded(workdir)
  if recorded is None:
    return None
  if differs := corpus_digests.difference(recorded['pieces'], pieces):
    raise UserError(
      f'{workdir} was trained on other pieces ({differs}): give it the corpus '
      'as it was, or choose another folder'
    )
  return recorded['run']


def run_id(config: build.RunConfig, pieces: Mapping[str, str]) -> str:
  """The id of a run: it follows from its config and its pieces alone."""
  flat = _flat(config.to_dict())
  fixed = {k: v for k, v in flat.items() if k not in CHANGEABLE}
  text = json_files.text({'config': fixed, 'pieces': dict(pieces)})
  return hashlib.sha256(text.encode()).hexdigest()[:16]


def write_config(
  workdir, config: build.RunConfig, run: str, pieces: Mapping[str, str]
) -> None:
  """Writes config.json and run.json, in a folder that is made if need be.

  Raises:
    UserError: they can't be written.
  """
  folder = pathlib.Path(workdir)
  try:
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / CONFIG, json_files.text(config.to_dict()))
    record = {'run': run, 'pieces': dict(pieces)}
    write_atomic(folder / RUN, json_files.text(record))
  except OSError as e:
    raise UserError(f'--workdir={workdir}: {e.strerror}: choose another') from e


def checkpoints(workdir) -> pathlib.Path:
  return pathlib.Path(workdir) / 'checkpoints'


def restore(workdir, *, best: bool = False):
  """As `checkpoint.restore`, of the checkpoints of the run that is there."""
  recorded = _recorded(workdir) or {'run': None}
  return checkpoint.restore(
    checkpoints(workdir), best=best, run=recorded['run']
  )


def load(workdir):
  """The best model of a run: (config, pipeline, params as NumPy arrays, step).

  Raises:
    UserError: no run there, no checkpoint yet, or none that is sound.
  """
  if not pathlib.Path(workdir).is_dir():
    raise UserError(f'--workdir={workdir}: no such folder: train a model first')
  found = restore(workdir, best=True)
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
  pipeline = pipeline._replace(ensembles=ensembles.read(workdir))
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


def read_table(path: pathlib.Path) -> dict:
  """The table of a JSON file of a run.

  Raises:
    UserError: it can't be read, or is none.
  """
  try:
    table = json_files.read(path)
    if not isinstance(table, dict):
      raise ValueError('no table')
    return table
  except OSError as e:
    raise UserError(
      f'{path} cannot be read ({e.strerror}): make it a file that can be'
    ) from e
  except ValueError as e:
    raise UserError(
      f'{path} is damaged ({e}): mend it or choose another --workdir'
    ) from e


def _recorded(workdir):
  """The content of run.json; None if there is none."""
  path = pathlib.Path(workdir) / RUN
  if not os.path.lexists(path):
    return None
  table = read_table(path)
  run, pieces = table.get('run'), table.get('pieces')
  if not isinstance(run, str) or not isinstance(pieces, dict):
    raise UserError(
      f'{path} is damaged (it names no run): remove it, and its pieces are '
      'recorded anew'
    )
  return table


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
