"""A table of a config and a function walk in; what the function makes walks out."""

from collections.abc import Mapping
import inspect

from musiczoo.errors import UserError


def named(part: str, table: Mapping, config: Mapping, **more):
  """Calls `table[config[part].name]` with the rest of `config[part]`."""
  arguments = dict(config[part])
  name = arguments.pop('name')
  return call(part, choose(f'{part}.name', table, name), arguments, **more)


def choose(key: str, table: Mapping, name: str):
  if name not in table:
    raise UserError(
        f"config.{key} is '{name}': choose one of {', '.join(table)}"
    )
  return table[name]


def call(part: str, function, arguments: Mapping, *positional, **more):
  """Calls `function`; an argument it does not have is the user's error."""
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
  return function(*positional, **arguments, **more)
