"""Meters from the measures of notation, so that all bar lines fall right."""

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

_FINEST = 128  # The smallest note value that a meter of MIDI counts in.


class Bar(NamedTuple):
  """A measure; times in quarter notes.

  Attributes:
    onset: where it begins.
    length: of what is in it.
    meter: numerator and denominator of the signature that it is under; None
      if there is none.
  """

  onset: Fraction
  length: Fraction
  meter: tuple[int, int] | None


def meters(bars: list[Bar]) -> Iterator[tuple[Fraction, int, int]]:
  """Onset, numerator and denominator wherever the length of the bars changes.

  A short bar (a pick-up, or what a repeat sign cuts off) has a meter of its
  own; two short ones that make up a whole are one bar. The last may end early.
  """
  bars = _joined([bar for bar in bars if bar.length > 0 and bar.meter])
  before = None
  for i, bar in enumerate(bars):
    meter, whole = bar.meter, _whole(bar.meter)
    is_last = i == len(bars) - 1
    if bar.length % whole and not (is_last and bar.length < whole):
      meter = _of_length(bar.length, meter[1]) or meter
    if meter != before:
      yield bar.onset, *meter
    # A bar that no meter fits: the next one begins a bar all the same.
    before = meter if bar.length % _whole(meter) == 0 else None


def _joined(bars):
  joined = []
  for bar in bars:
    last = joined[-1] if joined else None
    if last and last.length + bar.length == _whole(bar.meter):
      joined[-1] = last._replace(length=last.length + bar.length)
    else:
      joined.append(bar)
  return joined


def _whole(meter):
  return Fraction(4 * meter[0], meter[1])


def _of_length(length, denominator):
  """The meter of a bar, in notes no longer than 1 / denominator; or None."""
  while denominator <= _FINEST:
    beats = length * denominator / 4
    if beats.denominator == 1 and beats < 256:
      return beats.numerator, denominator
    denominator *= 2
  return None
