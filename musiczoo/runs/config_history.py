"""Reads configs of earlier releases.

Lists what each release renames or adds. Parameters of 0.1 have other names in
0.2, so its configs are read but its checkpoints are refused.
"""

from collections.abc import Mapping
import copy
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # An old key on the command line is answered without jax.
  from musiczoo.build import RunConfig

# Keys, TABLE.NAME or NAME, old -> new; in the order in which they are applied.
RENAMED = {
  # 0.2
  'begin': 'window_align',
  'passages': 'sections',
  'sections.bar': 'sections.bar_steps',
  'sections.planes': 'sections.required_planes',
  'conditions.use': 'conditions.columns',
  'conditions.features': 'conditions.embed_dim',
  'conditions.forget': 'conditions.dropout',
  'model.levels': 'model.num_levels',
  'model.rebuild': 'model.reconstruction_weight',
  'model.hold': 'model.hysteresis',
  'model.whole': 'model.step_mask_prob',
}
# Values of keys, old -> new.
RENAMED_VALUES = {
  # 0.2
  'optimizer.name': {'players': 'gan_adam'}
}
# New keys, with the value that keeps the old behaviour.
ADDED = {
  # 0.2
  'reproducible': 'run',
  'on_nan': 'stop',
  'split': 'hash',
  'excerpts': {'openings': 0, 'phrase_ends': 0},
  'excerpts.opening_quarters': 1,
  'conditions.key_signatures': False,
  'sampling': {'temperature': 1.0, 'top_p': 1.0, 'phrase_candidates': 1},
}


def parse(config: Mapping) -> 'RunConfig':
  """A saved config, of this release or of an earlier one."""
  from musiczoo.build import RunConfig

  return RunConfig.from_dict(upgraded(config))


def upgraded(config: Mapping) -> dict:
  """The config with the keys and values of this release."""
  config = copy.deepcopy(dict(config))
  for key, value in ADDED.items():
    table, name = _place(config, key)
    table.setdefault(name, copy.deepcopy(value))
  for old, new in RENAMED.items():
    table, name = _place(config, old)
    if name in table:
      table[new.rpartition('.')[2]] = table.pop(name)
  for key, values in RENAMED_VALUES.items():
    table, name = _place(config, key)
    if name in table:
      table[name] = values.get(table[name], table[name])
  return config


def renamed(key: str) -> str | None:
  """The key of this release for one of an earlier release, None if it is kept."""
  new = key
  for old, name in RENAMED.items():
    if new == old or new.startswith(f'{old}.'):
      new = name + new.removeprefix(old)
  return new if new != key else None


def _place(config, key):
  """The table that holds a key, empty if there is none, and its name there."""
  table, _, name = key.rpartition('.')
  return config.get(table, {}) if table else config, name
