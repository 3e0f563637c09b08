"""Bars of a Score as they are written: numbers, meters and signatures."""

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from musiczoo.music import metre
from musiczoo.music.musicxml import rhythm, spelling
from musiczoo.music.musicxml.rhythm import PER_QUARTER
from musiczoo.music.musicxml.spelling import Signature
from musiczoo.music.score import Score


class Bar(NamedTuple):
  """One bar.

  Attributes:
    start, end: ticks.
    offset: position of its first tick, as `rhythm` counts it.
    meter: how it is divided.
    signature: the key in force.
    number: as it is counted: a pick-up is 0.
    partial: whether it is shorter than its meter says, or longer.
    new_time: numerator, denominator, shown; None if the last ones still hold.
    new_signature: whether a key signature is written.
  """

  start: int
  end: int
  offset: int
  meter: rhythm.Meter
  signature: Signature
  number: int
  partial: bool
  new_time: tuple[int, int, bool] | None
  new_signature: bool


def bars(score: Score) -> list[Bar]:
  """The bars of a Score with `PER_QUARTER` ticks to a quarter; at least one.

  The first bar is a pick-up if it is shorter than a bar of the meter that
  begins at the second. Another bar that is not full has a meter that is not
  shown.
  """
  lines = metre.bars(score).tolist()
  if len(lines) == 1:
    lines = [0, *metre.bars(score, 1).tolist()[1:]]
  times = _times(score, lines)
  pickup = len(times) > 1 and lines[1] < _length(times[1])
  pickup = bool(pickup and (score.meters[:, 0] == lines[1]).any())
  if pickup:
    times[0] = times[1]
  found, shown, valid = [], None, None
  signatures = _signatures(score, lines)
  for i, (start, end, time) in enumerate(zip(lines, lines[1:], times)):
    partial = end - start != _length(time)
    first = i == 0 and pickup
    actual = time if first or not partial else _irregular(end - start, time)
    new_time = (*actual, actual in (time, shown)) if actual != valid else None
    if new_time and actual == shown:
      new_time = (*actual, False)
    if new_time and new_time[2]:
      shown = actual
    valid = actual
    found.append(
      Bar(
        start,
        end,
        int(max(_length(time) - end, 0)) if first else 0,
        rhythm.meter(*time),
        signatures[i],
        i + (not pickup),
        partial,
        new_time,
        i == 0 or signatures[i] != signatures[i - 1],
      )
    )
  return found


def _length(time):
  return Fraction(4 * PER_QUARTER * time[0], time[1])


def _irregular(ticks, time):
  """The meter of a bar of so many ticks; `time` where none is that short."""
  length = Fraction(ticks, 4 * PER_QUARTER)
  if length.denominator & (length.denominator - 1):
    return time
  return length.numerator, length.denominator


def _times(score, lines):
  """Numerator and denominator of the meter of each bar."""
  meters = np.concatenate([[(0, 4, 4)], score.meters])
  index = metre.bar_of(meters[:, 0], np.array(lines[:-1]))
  return [tuple(m) for m in meters[index, 1:].tolist()]


def _signatures(score, lines):
  """The key of each bar: of the Score from that bar on in which it changes."""
  keys = score.keys[score.keys[:, 0] < lines[-1]]
  if not len(keys):
    return [spelling.estimated(score)] * (len(lines) - 1)
  last = np.array(lines[1:]) - 1
  index = np.maximum(metre.bar_of(keys[:, 0], last), 0)
  return [Signature(*key) for key in keys[index, 1:].tolist()]
