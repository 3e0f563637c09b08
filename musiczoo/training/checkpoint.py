"""Checkpoints: a state and its config in a sealed folder named after the step.

    checkpoints/000001200/state/         the arrays, written by orbax
                          config.json    of the model they belong to
                          metrics.json   the figures of this step, if it was evaluated
                          run.json       the step, and the id of the run
                          manifest.json  SHA-256 of every file above

Orbax has no checksum of contents, so a flipped bit would load silently. Here
every byte is verified, and a folder that was renamed or is of another run is
seen: it is reported, and the newest sound one is used. The run itself renames
what it can't use `damaged-...` or `other-...`; readers change nothing.
"""

import contextlib
import functools
import hashlib
import pathlib
import shutil
import sys
import tempfile

from flax import serialization
import jax
import numpy as np
from orbax.checkpoint import v1 as ocp

from musiczoo.errors import UserError
from musiczoo.music import files, json_files
from musiczoo.training import checkpoint_folder, distributed, parallel
from musiczoo.training.checkpoint_folder import (
  BUILDING,
  IDENTITY,
  MANIFEST,
  METRICS,
  path_of,
  Problem,
)

# A run may remove a checkpoint while it is read: then another is read.
_ATTEMPTS = 20


def save(
  folder,
  state,
  config: dict,
  metrics: dict,
  *,
  run: str | None = None,
  keep: int = 3,
):
  """Writes `state` (host arrays) as `folder/<step>`, whole or not at all.

  Keeps the newest `keep` checkpoints and the best: the lowest
  `metrics['monitored']` of those that have one. All processes call
  this, with the same state.

  Args:
    run: id of the run.

  Raises:
    UserError: it could not be saved, or a parameter is not a finite number;
      earlier checkpoints are sound.
    Exception: another process was lost meanwhile, as of `distributed.is_lost`.
  """
  folder = pathlib.Path(folder)
  step = int(state.step)
  final, building = path_of(folder, step), folder / f'{BUILDING}-{step:09d}'
  state = _as_dict(state)
  if not _is_finite(state['params']):
    raise UserError(
      f'{final}: not saved, since parameters after step {step} are no finite '
      'numbers; earlier checkpoints are sound: lower '
      '--config.optimizer.learning_rate, in a new workdir'
    )
  if distributed.on_first(lambda: _is_saved(final, step, run)):
    return
  _ignore_closed_loops()
  try:
    if distributed.first():
      folder.mkdir(parents=True, exist_ok=True)
      shutil.rmtree(building, ignore_errors=True)
    distributed.wait('begin to save')
    if jax.process_count() > 1:  # Orbax takes no arrays of one of many hosts.
      state = jax.device_put(state, parallel.everywhere())
    with _without_backslash(building) as path:
      ocp.save(path / 'state', state)
    if distributed.first():
      identity = {'run': run, 'step': step}
      _seal(building, final, config, metrics, identity)
  except Exception as e:  # Orbax raises many types for a full disk.
    if distributed.is_lost(e):
      raise
    shutil.rmtree(building, ignore_errors=True)
    raise UserError(
      f'{final}: step {step} could not be saved ({_reason(e)}); earlier '
      'checkpoints are sound: make room or mend the folder, then run the '
      'same command again'
    ) from e
  if distributed.first():
    checkpoint_folder.prune(folder, keep)


@functools.cache
def _ignore_closed_loops():
  """Has no traceback printed by each write that ends after a save has failed.

  Orbax has closed its event loop by then; the error is that of the save.
  """
  before = sys.unraisablehook

  def hook(found):
    if str(found.exc_value) != 'Event loop is closed':
      before(found)

  sys.unraisablehook = hook


def _is_saved(final, step, run):
  """Whether the step is saved already; what else is there is set aside."""
  if not final.is_dir():
    return False
  problem = checkpoint_folder.find_problem(final, run)
  if problem:
    checkpoint_folder.move_aside(final, problem)
  return problem is None


def _is_finite(tree):
  return all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(tree))


def _seal(building, final, config, metrics, identity):
  """Adds config, metrics, identity and digests, and renames the folder."""
  (building / 'config.json').write_text(json_files.text(config))
  (building / METRICS).write_text(json_files.text(metrics))
  (building / IDENTITY).write_text(json_files.text(identity))
  sums = json_files.text(files.digests(building, but=MANIFEST))
  (building / MANIFEST).write_text(sums)
  files.move_folder(building, final)


def restore(
  folder,
  *,
  best: bool = False,
  run: str | None = None,
  set_aside: bool = False,
):
  """Returns (tree, config, step) of the newest, or best, sound checkpoint.

  Returns None where there is none. The tree is a nested dict of NumPy arrays,
  for `conform`. All processes call this. Checkpoints of another run may be
  written and removed meanwhile.

  Args:
    run: id of the run; checkpoints of another are not used. None: any.
    set_aside: rename what is not used; only the run itself may.

  Raises:
    UserError: a file of a checkpoint can't be read, which is no damage.
  """
  folder = pathlib.Path(folder)
  problems = {}
  for _ in range(_ATTEMPTS):
    step = distributed.on_first(
      lambda: checkpoint_folder.choose(folder, best, run, problems, set_aside)
    )
    if step is None:
      return None
    path = path_of(folder, step)
    try:
      tree, config = _load(path)
    except Exception as e:  # Orbax raises many types.
      if distributed.is_lost(e):
        raise
      if not path.is_dir():  # The run has removed it.
        continue
      raise UserError(f'{path} cannot be loaded: {_reason(e)}') from e
    if not path.is_dir():  # And perhaps it was not read whole.
      continue
    problem = _problem_of_arrays(tree, step)
    if problem is None:
      return tree, config, step
    if distributed.first():
      checkpoint_folder.report(path, problem, set_aside)
    problems[step] = problem
  raise UserError(
    f'{folder}: checkpoints are removed faster than they can be read: run the '
    'same command again'
  )


def _load(path):
  """The tree and the config of a verified checkpoint."""
  here = parallel.everywhere()
  with _without_backslash(path) as plain:
    like = jax.tree.map(
      lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=here),
      ocp.metadata(plain / 'state').metadata,
    )
    tree = jax.device_get(ocp.load(plain / 'state', like))
  config = json_files.read(path / 'config.json')
  if not isinstance(config, dict):
    raise ValueError('its config is no table')
  return tree, config


@contextlib.contextmanager
def _without_backslash(path):
  """The absolute path, or a link to it: TensorStore reads `a\\b` as `a/b`."""
  path = path.absolute()
  if '\\' not in str(path):
    yield path
    return
  with tempfile.TemporaryDirectory() as folder:
    path.mkdir(parents=True, exist_ok=True)
    link = pathlib.Path(folder, 'checkpoint')
    link.symlink_to(path)
    yield link


def _problem_of_arrays(tree, step) -> Problem | None:
  if tree.get('step') != step:  # Older ones have no identity.
    return Problem('other', f'it is of step {tree.get("step")}')
  if not _is_finite(tree.get('params')):
    return Problem('damaged', 'parameters are no finite numbers')
  return None


def conform(tree: dict, like, *, origin: str):
  """A restored tree in the structure of `like`.

  Args:
    tree: nested dict of arrays.
    like: a pytree of the same names whose leaves have shape and dtype.
    origin: where the tree comes from, for the error.

  Raises:
    UserError: names, shapes or dtypes differ; lists the first few.
  """
  there, here = describe(tree), describe(_as_dict(like))
  differ = sorted(n for n in there | here if there.get(n) != here.get(n))
  if differ:
    rows = [
      f'{n}: {there.get(n, "absent")} there, {here.get(n, "absent")} here'
      for n in differ[:4]
    ]
    rest = f' and {len(differ) - 4} more' if len(differ) > 4 else ''
    raise UserError(f'{origin} holds another model: ' + '; '.join(rows) + rest)

  def filled(node, saved):
    if isinstance(node, dict):
      return {k: filled(v, saved.get(k, {})) for k, v in node.items()}
    return None if node is None else saved

  by_name = filled(serialization.to_state_dict(like), tree)
  return serialization.from_state_dict(like, by_name)


def describe(tree: dict) -> dict[str, str]:
  """Flat name -> 'dtype[shape]' of a nested dict of arrays."""
  leaves = jax.tree_util.tree_flatten_with_path(tree)[0]
  return {
    jax.tree_util.keystr(path, simple=True, separator='/'): (
      f'{np.dtype(a.dtype).name}[{",".join(map(str, a.shape))}]'
    )
    for path, a in leaves
  }


def sha256(tree) -> str:
  """One digest of all arrays of a tree, names and order included."""
  digest = hashlib.sha256()
  for path, leaf in jax.tree_util.tree_flatten_with_path(_as_dict(tree))[0]:
    digest.update(jax.tree_util.keystr(path).encode())
    digest.update(np.ascontiguousarray(leaf).tobytes())
  return digest.hexdigest()


def _as_dict(tree):
  """A tree as nested dicts by name, without what is None."""

  def named(node):
    if not isinstance(node, dict):
      return node
    return {k: named(v) for k, v in node.items() if v is not None}

  return named(serialization.to_state_dict(tree))


def _reason(error):
  """The system's message, without what other libraries add to it."""
  full = 'No space left on device'
  if full in str(error):
    return full
  return (str(error).splitlines() or [type(error).__name__])[0][:160]
