"""Measures of tunes: bars that keep to their metre, bars that return, the end."""

import math
from typing import NamedTuple

import numpy as np

from musiczoo.evaluation.metrics.shares import share
from musiczoo.music import metre
from musiczoo.music.quantize import quantize
from musiczoo.music.score import DURATION, end, ONSET, PITCH, Score
from musiczoo.representations.melody import melody

STEPS = 12  # To a quarter note.
SIXTEENTH = STEPS // 4
PART = 8  # Bars of a part of a dance tune.


class TuneMeasures(NamedTuple):
  """Of one tune; nan where it is too short.

  Attributes:
    metrical_bar_share: bars in which all onsets are on sixteenths and no note
      goes on over the bar line at the end.
    ends_on_tonic: whether the last note is the tonic, 0 or 1.
    repeated_bar_share: of bars 9 to 16 those that equal the one eight bars
      before, in onsets, pitches and lengths.
    notes_per_quarter: notes for each quarter note of time.
  """

  metrical_bar_share: float
  ends_on_tonic: float
  repeated_bar_share: float
  notes_per_quarter: float


def measure_tune(score: Score, tonic: int) -> TuneMeasures:
  """Measures a melody by its meters, on a grid of twelve steps to a quarter note.

  Args:
    score: with notes. A first bar shorter than the second is a pick-up, and not
      counted among the bars.
    tonic: pitch class.
  """
  score = quantize(score, STEPS)
  lines = metre.bars(score)
  onset = score.notes[:, ONSET]
  ends = onset + score.notes[:, DURATION]
  bars = len(lines) - 1
  first = int(bars > 1 and lines[1] - lines[0] < lines[2] - lines[1])
  bar = metre.bar_of(lines, onset)
  is_regular = (onset - lines[bar]) % SIXTEENTH == 0
  is_regular &= ends <= lines[bar + 1]
  irregular = np.unique(bar[~is_regular])
  last = score.notes[np.lexsort((score.notes[:, PITCH], onset))[-1]]
  return TuneMeasures(
    1 - share(np.count_nonzero(irregular >= first), bars - first),
    float(last[PITCH] % 12 == tonic),
    _repeated(score, lines[first:]),
    share(len(onset) * STEPS, end(score)),
  )


def _repeated(score, lines):
  """The share of the bars of the second part that equal those of the first."""
  if len(lines) <= 2 * PART:
    return math.nan
  x = melody(steps_per_quarter=STEPS).encode(score)
  bars = [x[a:b].tobytes() for a, b in zip(lines, lines[1:])]
  return float(
    np.mean([bars[i] == bars[i - PART] for i in range(PART, 2 * PART)])
  )
