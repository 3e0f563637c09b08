"""The reference of config keys, made of the dataclasses and signatures."""

from collections.abc import Callable, Iterator, Mapping
import inspect
import re
import types
import typing
from typing import Annotated, Any

from experiments.configs import usual
from musiczoo import build
from musiczoo.models.zoo import ZOO
from musiczoo.nn.heads import HEADS
from musiczoo.representations import REPRESENTATIONS
from musiczoo.training.loop import Schedule
from musiczoo.training.optimizers import OPTIMIZERS

TYPES = {
  int: 'integer',
  float: 'number',
  bool: '`True` or `False`',
  str: 'text',
  build.Choice: 'table with a `name`',
}
# What a config does not set, but the rest of it decides.
NOT_OF_THE_CONFIG = ('name', 'parent', 'depth', 'dtype')
HEAD = '| key | value | default | meaning |\n|---|---|---|---|\n'


def reference() -> str:
  """All keys of a config: value, default and meaning."""
  usual_values = usual.get_config({'': {}}, '')
  parts = [_section('Run', build.RunConfig, '', usual_values)]
  for key in 'conditions', 'sections':
    table = typing.get_type_hints(build.RunConfig)[key]
    parts.append(_section(f'`{key}`', table, f'{key}.', usual_values[key]))
  for key, title, makers in (
    ('representation', 'Representations', REPRESENTATIONS),
    ('head', 'Heads', HEADS),
    ('optimizer', 'Optimizers', OPTIMIZERS),
  ):
    parts.append(f'## {title}\n')
    parts += [
      _section(f'`{key}.name={name}`', maker, f'{key}.', level=3)
      for name, maker in makers.items()
    ]
  parts.append('## Families\n')
  families: dict = {}
  for name, family in ZOO.items():
    options = typing.get_type_hints(family)['options']
    families.setdefault(options, []).append(f'`family={name}`')
  parts += [
    _section(', '.join(names), options, 'model.', level=3)
    for options, names in families.items()
  ]
  return '\n'.join(parts)


def _section(title, schema, prefix, defaults: Mapping = {}, level=2) -> str:
  rows = ''.join(_rows(schema, prefix, defaults))
  heading = f'{"#" * level} {title}\n\n'
  return heading + (HEAD + rows if rows else 'No options.\n')


def _rows(schema: Callable, prefix: str, defaults: Mapping) -> Iterator[str]:
  hints = typing.get_type_hints(schema, include_extras=True)
  meanings = _meanings(schema)
  for name, parameter in inspect.signature(schema).parameters.items():
    if schema in HEADS.values() and name in NOT_OF_THE_CONFIG:
      continue
    default = defaults.get(name, parameter.default)
    cells = (
      f'`{prefix}{name}`',
      _type(hints[name]),
      '' if default is inspect.Parameter.empty else _value(default),
      meanings.get(name, ''),
    )
    yield f'| {" | ".join(cells)} |\n'


def _type(hint: Any) -> str:
  rules: list = []
  if typing.get_origin(hint) is Annotated:
    hint, *rules = typing.get_args(hint)
  if typing.get_origin(hint) in (typing.Union, types.UnionType):
    hint = next(h for h in typing.get_args(hint) if h is not types.NoneType)
  origin, of = typing.get_origin(hint), typing.get_args(hint)
  if rules and hint is str:
    return ', '.join(f'`{n}`' for rule in rules for n in rule.names)
  if isinstance(origin, type) and issubclass(origin, typing.Sequence):
    name = f'list of {TYPES[of[0]]}'
  else:
    name = TYPES.get(hint, 'table')
  limits = [str(rule).removesuffix(f', below {2**32}') for rule in rules]
  return ', '.join([name, *limits])


def _value(value: Any) -> str:
  if isinstance(value, Mapping):
    return f'`{value["name"]}`' if 'name' in value else 'see below'
  if isinstance(value, tuple):
    return f'`{",".join(map(str, value))}`' if value else 'none'
  return f'`{value}`'


def _meanings(schema: Callable) -> dict[str, str]:
  """Parameter -> its lines in the docstring, also of classes it extends."""
  found: dict = {}
  owners = list(reversed(getattr(schema, '__mro__', (schema,))))
  # Keys of the whole config that make up the schedule are described there.
  for owner in [*owners, *([Schedule] if schema is build.RunConfig else [])]:
    section = re.search(
      r'^(?:Attributes|Args):\n(.*?)(?=^\S|\Z)',
      inspect.cleandoc(owner.__doc__ or ''),
      re.DOTALL | re.MULTILINE,
    )
    for entry in re.split(r'\n(?=  \S)', section[1] if section else ''):
      names, _, text = ' '.join(entry.split()).partition(': ')
      for name in names.split(', '):
        found[name] = text.replace('|', r'\|')
  return found


def undocumented() -> list[str]:
  """Keys of the reference without a meaning."""
  return re.findall(r'^\| `([\w.]+)` .*\|  \|$', reference(), re.MULTILINE)
