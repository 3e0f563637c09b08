"""How well the onsets of a Score lie on grids of steps."""

from typing import NamedTuple

import numpy as np

from musiczoo.music.midi import standard
from musiczoo.music.score import ONSET, Score

# Steps to a quarter note, from coarse to fine.
GRIDS = {
    2: 'eighths',
    3: 'triplets of eighths',
    4: 'sixteenths',
    6: 'triplets of sixteenths',
    8: 'thirty-seconds',
    12: 'sixteenths and triplets',
    24: 'thirty-seconds and triplets',
}

# An onset is off the grid if further from it than this share of a step. Of
# onsets at random three in four are, on whatever grid.
_TOLERANCE = 1 / 8
# Shares of onsets off the grid: a difference that doesn't count, and the most
# for a piece that was written on it.
_NEARLY, _FREE = 0.01, 0.25


class Moved(NamedTuple):
  """How far the onsets of a Score move to their nearest line of a grid.

  Attributes:
    mean: milliseconds.
    most: milliseconds.
  """

  mean: float
  most: float


def errors(score: Score, steps_per_quarter: int) -> np.ndarray:
  """How far each onset lies from the nearest line of a grid, in steps."""
  step = score.notes[:, ONSET] * (steps_per_quarter / score.resolution)
  return np.abs(step - np.floor(step + 0.5))


def shares_off(score: Score) -> dict[int, float]:
  """For each of `GRIDS` the share of onsets that are off it; some are needed."""
  return {
      grid: float(np.mean(errors(score, grid) > _TOLERANCE)) for grid in GRIDS
  }


def best(off: dict[int, float]) -> int:
  """Of grids and their shares, the coarsest that is nearly as good as any."""
  return next(g for g in GRIDS if off[g] <= min(off.values()) + _NEARLY)


def is_free(off: dict[int, float]) -> bool:
  """Whether even the best grid doesn't fit: the piece was played freely.

  Or its beats are not where the tempo map puts them. Its bars then mean little.
  """
  return off[best(off)] > _FREE


def moved(score: Score, steps_per_quarter: int) -> Moved:
  """How far `score.quantize` moves the onsets, at least one, in time."""
  onset = score.notes[:, ONSET]
  ticks = score.resolution / steps_per_quarter
  line = np.floor(onset / ticks + 0.5) * ticks
  late = np.abs(seconds(score, line) - seconds(score, onset)) * 1000
  return Moved(float(late.mean()), float(late.max()))


def seconds(score: Score, ticks: np.ndarray) -> np.ndarray:
  """Ticks in seconds, by the tempo map."""
  tempi = np.concatenate([[[0, standard.DEFAULT_TEMPO]], score.tempi])
  begin, rate = tempi[:, 0], tempi[:, 1] / score.resolution / 1e6
  clock = np.append(0, np.cumsum(np.diff(begin) * rate[:-1]))
  latest = np.searchsorted(begin, ticks, side='right') - 1
  return clock[latest] + (ticks - begin[latest]) * rate[latest]
