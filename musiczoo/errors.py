"""UserError: what a user can cause and mend; and what values may be."""

import dataclasses
import math


class UserError(Exception):
  """An error the user can cause and mend.

  The message is one line that names the file or the value and says what to do.
  The launchers print it to stderr and leave with status 2.
  """


@dataclasses.dataclass(frozen=True)
class Range:
  """The numbers an option may be: `low <= value <= high`, and `value < below`.

  An option names it in its annotation, `hidden: Annotated[int, Range(1)]`.
  """

  low: float = 0
  high: float = math.inf
  below: float = math.inf

  def __contains__(self, value) -> bool:
    # Not a number compares as false, and so is in no range.
    return self.low <= value <= self.high and (
        value < self.below or self.below == math.inf
    )

  def __str__(self) -> str:
    if self.below < math.inf:
      return f'{self.low} or more, below {self.below}'
    if self.high < math.inf:
      return f'{self.low} to {self.high}'
    return f'{self.low} or more'


@dataclasses.dataclass(frozen=True)
class OneOf:
  """The names an option may have: `cell: Annotated[str, OneOf('rnn', 'gru')]`."""

  names: tuple[str, ...]

  def __init__(self, *names: str):
    object.__setattr__(self, 'names', names)

  def __contains__(self, value) -> bool:
    return value in self.names

  def __str__(self) -> str:
    return f'one of {", ".join(self.names)}'
