"""The vocabulary of `events`: where each kind of token begins.

Its order is the order of events in a step, so that a sort by token is all that
it takes. `SHIFT` is last: the longest shift sets the size of the vocabulary.
"""

import numpy as np

END = 0
NOTE_OFF = 1  # + pitch
NOTE_ON = NOTE_OFF + 128  # + pitch
SET_VELOCITY = NOTE_ON + 128  # + velocity
PROGRAM = SET_VELOCITY + 128  # + General MIDI program
DRUMS = PROGRAM + 128  # + program, which for drums is a kit
NEXT = DRUMS + 128
TEMPO = NEXT + 1  # Four digits: microseconds per quarter note.
METER = TEMPO + 1  # Three digits: numerator (two), log2 of the denominator.
KEY = METER + 1  # Two digits: sharps + 7, minor.
DIGIT = KEY + 1  # + a digit of a number to the base of 128
SHIFT = DIGIT + 128  # + steps - 1

NUM_DIGITS = {TEMPO: 4, METER: 3, KEY: 2}
TEMPO_SHIFTS = 7 * np.arange(NUM_DIGITS[TEMPO])[::-1]  # Bits of its digits.
LAST_TEMPO = 2**24 - 1  # MIDI has three bytes for it.


def from_digits(change: int, digits: list[int]) -> tuple[int, ...] | None:
  """The numbers of a TEMPO, METER or KEY; None if there is no such change."""
  if change == TEMPO:
    tempo = int(np.sum(digits << TEMPO_SHIFTS))
    return (tempo,) if 0 < tempo <= LAST_TEMPO else None
  if change == METER:
    numerator, power = digits[0] << 7 | digits[1], digits[2]
    legal = 0 < numerator < 256 and power < 8
    return (numerator, 1 << power) if legal else None
  sharps, minor = digits[0] - 7, digits[1]
  return (sharps, minor) if sharps <= 7 and minor <= 1 else None


def latest(values: np.ndarray, valid: np.ndarray, initial) -> np.ndarray:
  """The latest valid value at each place, the place's own included."""
  latest = np.maximum.accumulate(np.where(valid, np.arange(len(values)), -1))
  return np.where(latest >= 0, values[latest], initial)
