"""Form: the metre, pick-up and phrases that a new piece is to have."""

from typing import NamedTuple

import numpy as np

from musiczoo.errors import UserError

# How often a phrase of so many quarter notes follows one of another length in
# the 364 four-part chorales of Bach in music21, in bars of four quarters: by
# the quarters of the pick-up, then by the length before; 0 is the beginning.
FOLLOWING = {
  1: {
    0: {8: 167, 7: 19, 12: 13, 4: 12, 11: 8, 9: 7, 10: 5, 6: 2},
    4: {4: 28, 8: 17, 12: 8, 6: 4, 7: 3, 9: 2},
    6: {6: 9, 8: 8, 10: 4, 7: 2, 4: 2},
    7: {8: 26, 9: 22, 12: 5, 5: 4, 7: 3, 4: 1, 11: 1},
    8: {8: 722, 12: 46, 9: 27, 7: 17, 4: 14, 6: 8, 11: 7, 10: 6},
    9: {8: 26, 7: 20, 11: 8, 9: 4, 10: 2, 5: 1},
    10: {8: 9, 10: 9, 4: 1, 9: 1, 12: 1},
    11: {9: 9, 8: 5, 6: 2, 7: 2, 12: 2, 5: 2},
    12: {12: 17, 8: 16, 4: 5, 11: 4, 5: 3, 10: 2, 7: 2},
  },
  0: {
    0: {8: 56, 10: 16, 12: 5, 6: 5, 7: 3, 4: 2, 5: 1},
    6: {8: 9, 6: 7, 10: 3, 9: 3, 4: 1},
    8: {8: 246, 10: 35, 12: 12, 6: 8, 4: 5, 9: 4, 5: 2},
    10: {10: 42, 8: 22, 12: 8, 4: 4, 6: 3, 5: 1},
    12: {8: 10, 12: 7, 10: 6, 9: 1, 11: 1},
  },
}
PICKUP_SHARE = 235 / 324  # Of those pieces; the others begin with a whole bar.
SHORTEST = 4  # Quarter notes of a phrase that is planned.
LONGEST_LAST = 12  # Of the last phrase, which takes the rest.


class Form(NamedTuple):
  """Metre, pick-up and phrases of the music that is to be sampled.

  Attributes:
    steps: of the grid, its length.
    steps_per_quarter: of the grid.
    time_signature: numerator and denominator of its bars.
    begin: steps of the first bar that come before it, 0 for a whole bar.
    phrase_ends: ascending steps; empty where phrases are not planned.
  """

  steps: int
  steps_per_quarter: int
  time_signature: tuple[int, int] = (4, 4)
  begin: int = 0
  phrase_ends: tuple[int, ...] = ()

  @property
  def bar_steps(self) -> int:
    """Steps of a whole bar."""
    above, below = self.time_signature
    return 4 * self.steps_per_quarter * above // below

  @property
  def meters(self) -> np.ndarray:
    """As in a Score whose ticks are steps: int32 [K, 3]."""
    above, below = self.time_signature
    pickup = self.bar_steps - self.begin
    if not self.begin or pickup >= self.steps:
      return np.array([(0, above, below)], np.int32)
    quarters = pickup / self.steps_per_quarter
    beats = quarters * below / 4
    while beats != int(beats):
      beats, below = 2 * beats, 2 * below
    first = 0, int(beats), below
    return np.array([first, (pickup, *self.time_signature)], np.int32)


def parse_time_signature(text: str, steps_per_quarter: int) -> tuple[int, int]:
  """'3/4' -> (3, 4).

  Raises:
    UserError: it is none, or its bars are no whole number of steps.
  """
  above, _, below = text.partition('/')
  if above.isdecimal() and below in ('1', '2', '4', '8', '16', '32'):
    pair = int(above), int(below)
    if 0 < pair[0] < 100 and not 4 * steps_per_quarter * pair[0] % pair[1]:
      return pair
  raise UserError(
    f'--time_signature={text}: give one such as 4/4 or 3/4, whose bars are '
    f'whole steps of the grid, {steps_per_quarter} to a quarter note'
  )


def parse_phrases(text: str, steps_per_quarter: int) -> tuple[int, ...]:
  """'16,16' quarter notes -> the steps at which the phrases end.

  Raises:
    UserError: a length is no positive number of whole steps.
  """
  ends, end = [], 0.0
  for length in text.split(','):
    try:
      steps = float(length) * steps_per_quarter
    except ValueError:
      steps = 0.0
    if not 0 < steps < 1e6 or steps % 1:
      raise UserError(
        f'--phrases={text}: give the length of each phrase in quarter notes, '
        "such as '16,16,16,16'"
      )
    end += steps
    ends.append(int(end))
  return tuple(ends)


def plan_phrases(form: Form, seed: int, piece: int) -> Form:
  """The form with a pick-up and phrases as chorales have them.

  In bars of four quarters they are drawn, by how often one length follows
  another (see `FOLLOWING`). In other bars there is no pick-up, and phrases are
  of two bars, or of four if a bar is shorter than four quarters.

  Args:
    form: begins with a whole bar.
    seed, piece: of the random numbers.
  """
  if form.bar_steps != 4 * form.steps_per_quarter:
    bars = 4 if form.bar_steps < 4 * form.steps_per_quarter else 2
    length = bars * form.bar_steps
    ends = (*range(length, form.steps - length // 2, length), form.steps)
    return form._replace(phrase_ends=ends)
  rng = np.random.default_rng([seed, piece])
  pickup = int(rng.random() < PICKUP_SHARE)
  begin = (4 - pickup) % 4 * form.steps_per_quarter
  ends = draw_phrases(form, pickup, rng)
  return form._replace(begin=begin, phrase_ends=ends)


def draw_phrases(form: Form, pickup: int, rng) -> tuple[int, ...]:
  """Draws the ends of phrases until no two more fit; the last takes the rest.

  Args:
    form: its bars are of four quarters.
    pickup: 1 or 0 quarters.
    rng: a NumPy Generator.
  """
  following = FOLLOWING[pickup]
  quarter, end, before, ends = form.steps_per_quarter, 0, 0, []
  while form.steps - end > LONGEST_LAST * quarter:
    most = (form.steps - end) // quarter - SHORTEST
    row = {
      k: n for k, n in following.get(before, following[8]).items() if k <= most
    }
    total = np.cumsum(list(row.values()))
    place = np.searchsorted(total, rng.random() * total[-1], side='right')
    before = list(row)[place]
    end += before * quarter
    ends.append(end)
  return (*ends, form.steps)
