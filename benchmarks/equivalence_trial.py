"""Twelve training steps of a config in one source tree, as a file of arrays.

`equivalence_old` and `equivalence_new` are the two sides: each says in the
names of its tree what a `Trial` is, and is started by `benchmarks.equivalence`
with that tree in PYTHONPATH and a request in JSON on stdin.
"""

from collections.abc import Callable
import json
import sys
from typing import NamedTuple

import equivalence_names as names
import jax
import numpy as np

STEPS = 12


class Trial(NamedTuple):
  """What is compared of a config.

  Attributes:
    config: with all its tables.
    batch_at: step -> batch.
    init: batch -> state on the host.
    train: (state, stacked batches, number) -> (state, metrics of each step).
    validate: state -> figures of the validation pieces.
    sample: state -> x of two new pieces.
  """

  config: dict
  batch_at: Callable
  init: Callable
  train: Callable
  validate: Callable
  sample: Callable


def flat(tree) -> dict[str, np.ndarray]:
  """A tree of arrays by names whose parts are joined by '/'."""
  leaves = jax.tree_util.tree_flatten_with_path(tree)[0]
  return {_name(path): np.asarray(leaf) for path, leaf in leaves}


def _name(path):
  return '/'.join(
    str(getattr(k, 'key', getattr(k, 'name', getattr(k, 'idx', k))))
    for k in path
  )


def filled(tree, arrays: dict[str, np.ndarray]):
  """The tree with these arrays by name in place of its own.

  Raises:
    SystemExit: names or shapes differ; the message lists them.
  """
  own = {f'{k} {a.shape}' for k, a in flat(tree).items()}
  given = {f'{k} {a.shape}' for k, a in arrays.items()}
  if own != given:
    missing, extra = sorted(own - given), sorted(given - own)
    raise SystemExit(f'only new: {missing}; only old, renamed: {extra}')
  return jax.tree_util.tree_map_with_path(
    lambda path, _: arrays[_name(path)], tree
  )


def main(setup: Callable[..., Trial]) -> None:
  """Reads a request from stdin and writes its `output`, an .npz file.

  Args:
    setup: (name of a config, its changes) -> Trial.
  """
  request = json.load(sys.stdin)
  trial = setup(request['config'], request['changes'])
  batches = [trial.batch_at(step) for step in range(STEPS)]
  before = trial.init(batches[0])
  if request['state'] is not None:
    before = filled(before, renamed(request['state'], trial.config['family']))
  stacked = jax.tree.map(lambda *a: np.stack(a), *batches)
  after, metrics = trial.train(before, stacked, STEPS)
  result = {
    'before': before,
    'batches': stacked,
    'after': after,
    'metrics': metrics,
    'figures': trial.validate(after),
    'sample': trial.sample(after),
  }
  config = json.dumps(trial.config, sort_keys=True)
  np.savez(request['output'], config=config, **flat(result))


def renamed(file: str, family: str) -> dict[str, np.ndarray]:
  """The initial state of an old trial by today's names."""
  with np.load(file, allow_pickle=False) as saved:
    return {
      names.rename(k.removeprefix('before/'), names.PARAMS, family): saved[k]
      for k in saved
      if k.startswith('before/')
    }
