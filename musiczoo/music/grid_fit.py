"""How well the onsets of a Score fit a grid of steps, and which fits best."""

import numpy as np

from musiczoo.music.quantize import to_steps
from musiczoo.music.score import ONSET, Score
from musiczoo.music.tempo import seconds

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


def errors(score: Score, steps_per_quarter: int) -> np.ndarray:
  """The distance of each onset from the nearest line of a grid, in steps."""
  onset = score.notes[:, ONSET]
  step = onset * (steps_per_quarter / score.resolution)
  return np.abs(step - to_steps(onset, score.resolution, steps_per_quarter))


def shares_off(score: Score) -> dict[int, float]:
  """{grid: share of onsets that are off it} of `GRIDS`, of at least one onset."""
  return {
    grid: float(np.mean(errors(score, grid) > _TOLERANCE)) for grid in GRIDS
  }


def best(off: dict[int, float]) -> int:
  """The coarsest grid whose share of onsets off it is nearly the least."""
  return next(g for g in GRIDS if off[g] <= min(off.values()) + _NEARLY)


def is_free(off: dict[int, float]) -> bool:
  """Whether even the best grid does not fit.

  Then the piece is a performance, or its beats are not those of the file, and
  its bars mean little.
  """
  return off[best(off)] > _FREE


def moved(score: Score, steps_per_quarter: int) -> tuple[float, float]:
  """How far `quantize` moves the onsets, of at least one.

  Returns:
    the mean and the most, in milliseconds.
  """
  onset = score.notes[:, ONSET]
  step = to_steps(onset, score.resolution, steps_per_quarter)
  line = step * (score.resolution / steps_per_quarter)
  late = np.abs(seconds(score, line) - seconds(score, onset)) * 1000
  return float(late.mean()), float(late.max())
