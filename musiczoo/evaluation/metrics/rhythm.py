"""A Score walks in; how its time is filled walks out as a number.

These are metrics of MusPy (Dong et al. 2020) and have its names. Beats are
quarter notes, and bars those of `analysis.bars`, where MusPy is told a length
for all. Two things are not as in MusPy 0.5. A note doesn't sound in the beat or
bar on whose line it ends: MusPy's figures are those of notes a tick longer. And
a piece that ends on a bar line has no empty bar after it, which in MusPy's
`groove_consistency` is one more neighbour, unlike any other.
"""

import math

import numpy as np

from musiczoo.evaluation.metrics.shares import empty, share
from musiczoo.music import harmony, score as score_lib
from musiczoo.music.score import DURATION, ONSET, Score

# Meter -> the parts of a beat on which drums may fall, the first that the
# resolution has.
_PARTS = {'duple': (4, 2, 1), 'triple': (3, 1)}


def beats(score: Score, end: int = 0) -> np.ndarray:
  """Lines of the quarter notes, from 0 to the first beyond the notes and `end`.

  Returns:
    int64 [beats + 1].
  """
  last = max(score_lib.end(score), end)
  return np.arange(-(-last // score.resolution) + 1) * score.resolution


def empty_beat_rate(score: Score, end: int = 0) -> float:
  """The share of beats in which nothing sounds; nan if there are none.

  Args:
    score: a Score.
    end: a tick up to which silent beats count.
  """
  return _empty(score, beats(score, end))


def empty_measure_rate(score: Score, end: int = 0) -> float:
  """The share of bars in which nothing sounds, as in `empty_beat_rate`."""
  return _empty(score, harmony.bars(score, end))


def drum_in_pattern_rate(score: Score, meter: str = 'duple') -> float:
  """The share of drum notes that fall on a regular part of the beat.

  Of 'duple' time that is its quarters if the resolution has them, else its
  halves; of 'triple' its thirds; else the beat alone. So on a grid of four
  steps all drums are in duple time. nan without drums.

  Raises:
    KeyError: `meter` is another.
  """
  parts = next(n for n in _PARTS[meter] if score.resolution % n == 0)
  onset = score.notes[~score_lib.pitched(score), ONSET]
  inside = onset % (score.resolution // parts) == 0
  return share(np.count_nonzero(inside), len(inside))


def drum_pattern_consistency(score: Score) -> float:
  """The larger `drum_in_pattern_rate` of the two; nan without drums."""
  return max(drum_in_pattern_rate(score, meter) for meter in _PARTS)


def groove_consistency(score: Score) -> float:
  """How alike the onsets of neighbouring bars are; nan of fewer than two bars.

  One less the share of ticks at which something begins in one bar and not in
  the other, on average over neighbours of equal length (Wu and Yang 2020, "The
  Jazz Transformer on the front line"). On a fine grid it is near one: give
  Scores of one resolution to compare them.
  """
  lines = harmony.bars(score)
  length = np.diff(lines)
  tick = np.unique(score.notes[:, ONSET])
  bar = np.searchsorted(lines, tick, side='right') - 1
  onsets = np.bincount(bar, minlength=len(length))
  again = np.isin(tick + length[bar], tick)
  common = np.bincount(bar[again], minlength=len(length))[:-1]
  differ = onsets[:-1] + onsets[1:] - 2 * common
  equal = length[:-1] == length[1:]
  if not equal.any():
    return math.nan
  return float(1 - np.mean(differ[equal] / length[:-1][equal]))


def _empty(score, lines):
  onset = score.notes[:, ONSET]
  return empty(onset, onset + score.notes[:, DURATION], lines)
