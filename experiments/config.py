"""Reads a config, FILE.py:VARIANT with changes, as a plain dict."""

from collections.abc import Iterable, Iterator
import copy
import difflib
import importlib.util
import pathlib

from musiczoo.errors import UserError
from musiczoo.runs import config_history

EXAMPLE = 'experiments/configs/chorales.py:lstm'
CONFIGS = pathlib.Path(__file__).parent / 'configs'


def load(given: str, changes: Iterable[tuple[str, str]] = ()) -> dict:
  """Calls get_config(VARIANT) of the file and applies changes.

  Args:
    given: 'path/to/file.py:variant', or the file alone for its default. Without
      a folder, or with the folder that it has in the checkout, the file may be
      one of `configs` here.
    changes: (key, text), such as ('model.hidden', '64'); the text is read as
      the type that the config has there.
  """
  path, _, variant = given.partition(':')
  module = _module(_find(pathlib.Path(path)))
  try:
    config = module.get_config(*[variant] if variant else [])
  except ValueError as e:
    raise UserError(f'--config={given}: {e}') from e
  if hasattr(config, 'to_dict'):  # Of ml_collections, in a user's own file.
    config = config.to_dict()
  return changed(config, changes)


def changed(config: dict, changes: Iterable[tuple[str, str]]) -> dict:
  """A copy of the config with changes, as `load` takes them."""
  config = copy.deepcopy(config)
  for key, text in changes:
    table, name = _place(config, key)
    table[name] = _parsed(key, text, table[name])
  return config


def _find(path):
  own = CONFIGS / path.name
  is_own = path.parent in (pathlib.Path(), pathlib.Path(EXAMPLE).parent)
  return own if is_own and not path.is_file() and own.is_file() else path


def _module(path):
  if not path.is_file():
    raise UserError(f'--config={path}: no such file: give one like {EXAMPLE}')
  # As a module of `configs`, wherever it lies: `from . import usual` works there.
  name = f'{__package__}.configs.{path.stem}'
  spec = importlib.util.spec_from_file_location(name, path)
  if spec is None:
    raise UserError(
      f'--config={path} is not a .py file: give one like {EXAMPLE}'
    )
  module = importlib.util.module_from_spec(spec)
  try:
    spec.loader.exec_module(module)
  except Exception as e:  # The file is the user's.
    raise UserError(f'--config={path}: {type(e).__name__}: {e}') from e
  if not hasattr(module, 'get_config'):
    raise UserError(f'--config={path} has no get_config: see {EXAMPLE}')
  return module


def _place(config, key):
  """The table that holds `key`, and its name there."""
  *tables, name = key.split('.')
  table = config
  for part in tables:
    table = table.get(part) if isinstance(table, dict) else None
  if isinstance(table, dict) and name in table:
    return table, name
  if new := config_history.renamed(key):
    raise UserError(f'--config.{key} is --config.{new} since 0.2')
  known = list(_keys(config))
  near = difflib.get_close_matches(key, known, 1, 0.6)
  # The last part may be right and its table forgotten.
  last = {k.rsplit('.', 1)[-1]: k for k in known}
  near = near or [
    last[n] for n in difflib.get_close_matches(name, last, 1, 0.6)
  ]
  hint = (
    f'did you mean --config.{near[0]}?'
    if near
    else (f'it has {", ".join(config)}')
  )
  raise UserError(f'--config.{key}: the config has no such key: {hint}')


def _keys(config, prefix='') -> Iterator[str]:
  for name, value in config.items():
    if isinstance(value, dict):
      yield from _keys(value, f'{prefix}{name}.')
    else:
      yield prefix + name


def _parsed(key, text, before):
  """The text as a value of the type that stands there."""
  if isinstance(before, dict):
    names = ', '.join(f'--config.{key}.{n}' for n in before)
    raise UserError(f'--config.{key} is a table: set {names}')
  try:
    if isinstance(before, bool):
      return {'true': True, 'false': False}[text.lower()]
    if isinstance(before, tuple):
      kind = type(before[0]) if before else str
      return tuple(kind(t) for t in text.split(',') if t)
    return type(before)(text)
  except (ValueError, KeyError) as e:
    raise UserError(
      f'--config.{key}={text}: give {type(before).__name__}, as in {before}'
    ) from e
