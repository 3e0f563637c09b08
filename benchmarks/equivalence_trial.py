"""Twelve training steps of a config in one source tree, as a file of arrays.

`equivalence_old` and `equivalence_new` are the two sides: each says in the
names of its tree what a `Trial` is, and is started by `benchmarks.equivalence`
with that tree in PYTHONPATH and a request in JSON on stdin.
"""

from collections.abc import Callable
import dataclasses
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
    raise SystemExit(f'only new: {missing[:40]}; only old: {extra[:40]}')
  return jax.tree_util.tree_map_with_path(
    lambda path, _: arrays[_name(path)], tree
  )


class OldNames:
  """A model whose parameters have their old names, so their old order.

  The last bit of a norm over all gradients depends on the order of the sum,
  which is that of the names.

  Args:
    old: names of all parameters; `family`: whose rules rename them.
  """

  def __init__(self, old: list[str], family: str):
    self._new = {name: today(name, family) for name in old}
    self._old = {new: name for name, new in self._new.items()}

  def differ(self) -> bool:
    """Whether today's names have another order."""
    parts = [n.split('/') for n in self._new], [n.split('/') for n in self._old]
    old, new = (sorted(names) for names in parts)
    return [self._new['/'.join(n)].split('/') for n in old] != new

  def wrap(self, model):
    """The Model: `init` gives old names and `loss` takes them."""

    def init(*given):
      return _renamed(model.init(*given), self._old)

    def loss(params, *given, **how):
      return model.loss(_renamed(params, self._new), *given, **how)

    return dataclasses.replace(model, init=init, loss=loss)


def _renamed(params, table):
  tree = {}
  for path, leaf in jax.tree_util.tree_flatten_with_path(params)[0]:
    *folders, last = table[_name(path)].split('/')
    place = tree
    for folder in folders:
      place = place.setdefault(folder, {})
    place[last] = leaf
  return tree


def today(name: str, family: str) -> str:
  """Today's name of an array of the old state."""
  return names.rename(name, names.PARAMS, family)


def main(setup: Callable[..., Trial]) -> None:
  """Reads a request from stdin and writes its `output`, an .npz file.

  Args:
    setup: (name of a config, its changes, wrap: Model -> Model) -> Trial.
  """
  request = json.load(sys.stdin)
  trial = setup(request['config'], request['changes'])
  batches = [trial.batch_at(step) for step in range(STEPS)]
  stacked = jax.tree.map(lambda *a: np.stack(a), *batches)
  before = trial.init(batches[0])
  if request['state'] is None:
    after, metrics = trial.train(before, stacked, STEPS)
  else:
    family, old = trial.config['family'], _state(request['state'])
    before = filled(before, {today(k, family): a for k, a in old.items()})
    params = [k.removeprefix('params/') for k in old if k[:7] == 'params/']
    order = OldNames(params, family)
    if order.differ():
      wrapped = setup(request['config'], request['changes'], order.wrap)
      start = filled(wrapped.init(batches[0]), old)
      after, metrics = wrapped.train(start, stacked, STEPS)
      after = {today(k, family): a for k, a in flat(after).items()}
      after = filled(before, after)
    else:
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


def _state(file):
  """The initial state of an old trial, by its old names."""
  with np.load(file, allow_pickle=False) as saved:
    return {
      k.removeprefix('before/'): saved[k]
      for k in saved
      if k.startswith('before/')
    }
