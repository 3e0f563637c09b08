"""A table of a config -> what a function makes of it, every key checked."""

from collections.abc import Callable, Mapping
import inspect
import typing
from typing import Any

from musiczoo.errors import UserError


def named(part: str, makers: Mapping, config: Mapping, **more):
  """Calls `makers[config[part].name]` with the rest of `config[part]`."""
  arguments = dict(config[part])
  name = arguments.pop('name')
  return call(part, choose(f'{part}.name', makers, name), arguments, **more)


def choose(key: str, table: Mapping, name: str):
  """`table[name]`; a name that it does not have is the user's error."""
  if name not in table:
    raise UserError(
        f"config.{key} is '{name}': choose one of {', '.join(table)}"
    )
  return table[name]


def call(part: str, function: Callable, arguments: Mapping, *positional, **more):
  """Calls a function, or makes a dataclass, with a table of a config.

  The signature is the schema: its names, its defaults, its types, and what an
  annotation such as `Annotated[int, Range(1)]` allows.

  Args:
    part: the table's name in the config, for messages.
    arguments: the table.
    *positional: first arguments, which are not the config's.
    **more: others that are not the config's, dropped where it has no such.

  Raises:
    UserError: names the key that is unknown, missing or out of range.
  """
  known = dict(inspect.signature(function).parameters)
  for name in 'name', 'parent':  # Of every Linen module; not for configs.
    known.pop(name, None)
  more = {k: v for k, v in more.items() if k in known}
  own = [k for k in list(known)[len(positional) :] if k not in more]
  for name in arguments:
    if name not in own:
      raise UserError(
          f'config.{part}.{name} means nothing here: '
          + (f'there are {", ".join(own)}' if own else 'nothing can be set')
      )
  missing = [
      name
      for name in own
      if known[name].default is inspect.Parameter.empty
      and name not in arguments
  ]
  if missing:
    raise UserError(
        f'config.{part} has no {", ".join(missing)}, which is needed here: '
        'choose another variant of the config'
    )
  hints = _hints(function)
  for name, value in arguments.items():
    _check(f'config.{part}.{name}', value, hints.get(name, Any))
  return function(*positional, **arguments, **more)


def _hints(function) -> dict:
  target = function.__init__ if inspect.isclass(function) else function
  if typing.get_type_hints(target, include_extras=True):
    return typing.get_type_hints(target, include_extras=True)
  return typing.get_type_hints(function, include_extras=True)


def _check(key, value, hint):
  """Refuses a value that its annotation does not allow."""
  if typing.get_origin(hint) is not typing.Annotated:
    return
  kind, *allowed = typing.get_args(hint)
  is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
  if kind is int and not (is_number and isinstance(value, int)):
    raise UserError(f'--{key}={value}: give an integer')
  if kind is float and not is_number:
    raise UserError(f'--{key}={value}: give a number')
  for rule in allowed:
    if value not in rule:
      raise UserError(f'--{key}={value}: give {rule}')
