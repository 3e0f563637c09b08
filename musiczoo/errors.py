"""UserError, an error that the user can fix; and checks of options."""

from collections.abc import Callable, Mapping, Sequence
import dataclasses
import inspect
import math
import types
import typing
from typing import Annotated, Any
import unicodedata


class UserError(Exception):
  """An error that the user can cause and fix.

  The message is one line that names the file or the value and says what to do.
  The launchers print it to stderr and leave with status 2.
  """


def printable(text: str) -> str:
  """Text for a terminal: control characters, as of file names, are escaped.

  So are bytes of a name that are no text. Line breaks and all else stay.
  """
  return ''.join(
    character if _is_plain(character) else ascii(character)[1:-1]
    for character in text
  )


def _is_plain(character):
  return character == '\n' or unicodedata.category(character) not in (
    'Cc',
    'Cs',
  )


@dataclasses.dataclass(frozen=True)
class Range:
  """The numbers an option may be: `low <= value <= high`, and `value < below`.

  An option names it in its annotation, `hidden: Annotated[int, Range(1)]`.
  """

  low: float = 0
  high: float = math.inf
  below: float = math.inf

  def __contains__(self, value: float) -> bool:
    # NaN compares as false, and so is in no range; infinity is in none, either.
    is_high = value > self.high or value >= self.below
    return self.low <= value and not is_high

  def __str__(self) -> str:
    if self.below < math.inf:
      return f'{self.low} or more, below {self.below}'
    if self.high < math.inf:
      return f'{self.low} to {self.high}'
    return f'{self.low} or more'


# Sizes beyond these are slips: no machine has the memory, or the time to compile.
Units = Annotated[int, Range(1, 2**16)]
Layers = Annotated[int, Range(1, 64)]
Share = Annotated[float, Range(0, below=1)]


@dataclasses.dataclass(frozen=True)
class OneOf:
  """The names an option may have: `cell: Annotated[str, OneOf('rnn', 'gru')]`."""

  names: tuple[str, ...]

  def __init__(self, *names: str):
    object.__setattr__(self, 'names', names)

  def __contains__(self, value: str) -> bool:
    return value in self.names

  def __str__(self) -> str:
    return f'one of {", ".join(self.names)}'


def check_options(
  part: str, function: Callable, options: Mapping, *, given: Sequence[str] = ()
) -> None:
  """Checks the keyword arguments of a function against its signature.

  Args:
    part: the table's name in the config, for messages; '' is the whole.
    function: or a dataclass; its signature is the schema.
    options: the table.
    given: parameters that the caller passes itself.

  Raises:
    UserError: names the key that is unknown, missing, or has a value that its
      annotation does not allow.
  """
  prefix = f'{part}.' if part else ''
  # Of every Linen module: `name` and `parent`.
  known = {
    name: parameter
    for name, parameter in inspect.signature(function).parameters.items()
    if name not in ('name', 'parent', *given)
  }
  if not isinstance(options, Mapping):
    raise UserError(f'config.{part} is {options}: give a table')
  for name in options:
    if name not in known:
      there = f'there are {", ".join(known)}' if known else 'nothing can be set'
      raise UserError(f'config.{prefix}{name} means nothing here: {there}')
  missing = [
    prefix + name
    for name, parameter in known.items()
    if parameter.default is inspect.Parameter.empty and name not in options
  ]
  if missing:
    raise UserError(
      f'the config has no {", ".join(missing)}: choose another variant, or see '
      'experiments/configs'
    )
  if part:
    # A Linen module's own __init__ has the hints of its dataclass.
    hints = typing.get_type_hints(function, include_extras=True)
    for name, hint in hints.items():
      if name in options:
        check_value(prefix + name, options[name], hint)


def check_value(key: str, value: Any, hint: Any) -> None:
  """Raises UserError unless the hint allows the value of a key of the config."""
  check_argument(f'--config.{key}', value, hint)


def check_argument(name: str, value: Any, hint: Any) -> None:
  """Raises UserError unless the hint allows the value."""
  rules: list[Any] = []
  if typing.get_origin(hint) is Annotated:
    hint, *rules = typing.get_args(hint)
  if (wanted := _wanted(value, hint)) is None:
    wanted = next((str(rule) for rule in rules if value not in rule), None)
  if wanted is not None:
    raise UserError(f'{name}={_as_flag(value)}: give {wanted}')


def _wanted(value: Any, hint: Any) -> str | None:
  """What a value of this type is called, or None if this is one."""
  origin, of = typing.get_origin(hint), typing.get_args(hint)
  if origin in (typing.Union, types.UnionType):
    wanted = [_wanted(value, h) for h in of if h is not types.NoneType]
    return None if value is None or None in wanted else wanted[0]
  if origin in (tuple, Sequence):
    fine = isinstance(value, (list, tuple)) and all(
      _wanted(v, of[0]) is None for v in value
    )
    return None if fine else 'a list'
  kinds = {int: 'an integer', float: 'a number', str: 'a name', bool: 'a bool'}
  if hint not in kinds:
    return None
  is_bool = isinstance(value, bool)
  accepted = (int, float) if hint is float else hint
  fine = isinstance(value, accepted) and is_bool == (hint is bool)
  return None if fine else kinds[hint]


def _as_flag(value):
  return ','.join(map(str, value)) if isinstance(value, tuple) else value
