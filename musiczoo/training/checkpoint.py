"""Checkpoints: a state and its config in a sealed folder named after the step.

    checkpoints/000001200/state/         the arrays, written by orbax
                          config.json    of the model they belong to
                          metrics.json   the figures of this step, if it was evaluated
                          manifest.json  SHA-256 of every file above

Orbax has no checksum of contents, so a flipped bit would load silently. Here
every byte is verified: a damaged folder is reported and renamed `damaged-...`,
and the newest sound one is used.
"""

import contextlib
import hashlib
import json
import logging
import pathlib
import shutil
import tempfile

from flax import serialization
import jax
import numpy as np
from orbax.checkpoint import v1 as ocp

from musiczoo.errors import UserError
from musiczoo.music import files
from musiczoo.training import distributed, parallel

MANIFEST = 'manifest.json'
log = logging.getLogger(__name__)


def save(folder, state, config: dict, metrics: dict, *, keep: int = 3):
  """Writes `state` (host arrays) as `folder/<step>`, whole or not at all.

  Keeps the newest `keep` checkpoints and the best: the lowest
  `metrics['monitored']` of those that have one. All processes call
  this, with the same state.

  Raises:
    UserError: it could not be saved; earlier checkpoints are sound.
  """
  folder = pathlib.Path(folder)
  step = int(state.step)
  final = folder / f'{step:09d}'
  building = folder / f'building-{step:09d}'
  if distributed.agree(final.is_dir() and not damage(final)):
    return
  try:
    if distributed.first():
      folder.mkdir(parents=True, exist_ok=True)
      shutil.rmtree(building, ignore_errors=True)
    distributed.wait('begin to save')
    state = _as_dict(state)
    if jax.process_count() > 1:  # Orbax takes no arrays of one of many hosts.
      state = jax.device_put(state, parallel.everywhere())
    with _without_backslash(building) as path:
      ocp.save(path / 'state', state)
    if distributed.first():
      _seal(building, final, config, metrics)
  except Exception as e:  # Orbax raises many types for a full disk.
    shutil.rmtree(building, ignore_errors=True)
    raise UserError(
      f'{final}: step {step} could not be saved ({_reason(e)}); earlier '
      'checkpoints are sound: make room or mend the folder, then run the '
      'same command again'
    ) from e
  if distributed.first():
    _prune(folder, keep)


def _seal(building, final, config, metrics):
  """Adds config, metrics and digests, and renames the folder."""
  (building / 'config.json').write_text(_json(config))
  (building / 'metrics.json').write_text(_json(metrics))
  sums = _json(files.digests(building, but=MANIFEST))
  (building / MANIFEST).write_text(sums)
  shutil.rmtree(final, ignore_errors=True)
  files.move_folder(building, final)


def restore(folder, *, best: bool = False):
  """Returns (tree, config, step) of the newest, or best, sound checkpoint.

  Returns None where there is none. The tree is a nested dict of NumPy arrays,
  for `conform`. All processes call this.
  """
  folder = pathlib.Path(folder)
  step = distributed.agree(
    _sound(folder, best) if distributed.first() else None
  )
  if step is None:
    return None
  path = folder / f'{step:09d}'
  here = parallel.everywhere()
  with _without_backslash(path) as plain:
    like = jax.tree.map(
      lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=here),
      ocp.metadata(plain / 'state').metadata,
    )
    tree = jax.device_get(ocp.load(plain / 'state', like))
  return tree, json.loads((path / 'config.json').read_text()), step


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


def _sound(folder, best):
  """The step of the newest, or best, sound checkpoint; sets others aside."""
  candidates = sorted(steps(folder), reverse=True)
  if best and (step := _best(folder)) is not None:
    candidates.remove(step)
    candidates.insert(0, step)
  for step in candidates:
    path = folder / f'{step:09d}'
    if damaged := damage(path):
      aside = _set_aside(path)
      log.warning('%s is damaged (%s): set aside as %s', path, damaged, aside)
      continue
    return step
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


def steps(folder) -> list[int]:
  """The steps that have a checkpoint, ascending; not yet verified."""
  folder = pathlib.Path(folder)
  names = [p.name for p in folder.iterdir()] if folder.is_dir() else []
  return sorted(int(n) for n in names if n.isdecimal())


def damage(path: pathlib.Path) -> str:
  """How a checkpoint folder differs from what was sealed; '' if it does not."""
  try:
    text = (path / MANIFEST).read_text()
    found = files.digests(path, but=MANIFEST)
    if text == _json(found):
      return ''
    sealed = json.loads(text)
  except (OSError, ValueError) as e:
    return f'{MANIFEST}: {type(e).__name__}'
  differs = isinstance(sealed, dict) and files.difference(found, sealed)
  return differs or f'{MANIFEST}: content changed'


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


def _json(content):
  return json.dumps(content, indent=1, sort_keys=True) + '\n'


def _set_aside(path):
  number = 0
  while (aside := path.with_name(f'damaged-{path.name}.{number}')).exists():
    number += 1
  return path.rename(aside)


def _reason(error):
  """The system's message, without what other libraries add to it."""
  full = 'No space left on device'
  if full in str(error):
    return full
  return (str(error).splitlines() or [type(error).__name__])[0][:160]


def _best(folder):
  values, names = {}, set()
  for step in steps(folder):
    try:
      metrics = json.loads((folder / f'{step:09d}/metrics.json').read_text())
      values[step] = metrics['monitored']
      names.add(metrics.get('monitor', ''))
    except (OSError, ValueError, KeyError, TypeError):
      pass  # Not measured at this step, or damaged, which `restore` reports.
  names.discard('')  # Checkpoints of 0.1 do not name their figure.
  if len(names) > 1:
    raise UserError(
      f'{folder}: {" and ".join(sorted(names))} are not comparable: remove the '
      'checkpoints that have one of them'
    )
  return min(values, key=values.get, default=None)


def _prune(folder, keep):
  if not (old := steps(folder)[:-keep]):
    return
  for step in {*old} - {_best(folder)}:
    shutil.rmtree(folder / f'{step:09d}', ignore_errors=True)
