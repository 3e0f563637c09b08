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

# Those of which `prepare` chooses one for all pieces; 12 and 24 have triplets.
CHOICES = 4, 12, 24
KEPT = 0.95  # Of the onsets, the least share on a grid that is good enough.

# An onset is off the grid if further from it than this share of a step. Of
# onsets at random three in four are, on whatever grid.
_TOLERANCE = 1 / 8
# Shares of onsets off the grid: a difference that doesn't count, and the most
# for a piece that was written on it; or beside it by a constant offset.
_NEARLY, _FREE, _SHIFTED = 0.01, 0.25, 0.1


def errors(
  score: Score, steps_per_quarter: int, offset: float = 0.0
) -> np.ndarray:
  """The distance of each onset from the nearest line of a grid, in steps.

  Args:
    offset: by which all lines are shifted, in quarter notes.
  """
  onset = score.notes[:, ONSET]
  step = onset * (steps_per_quarter / score.resolution)
  step -= offset * steps_per_quarter
  return np.abs(step - np.round(step))


def shares_off(score: Score, offset: float = 0.0) -> dict[int, float]:
  """{grid: share of onsets that are off it} of `GRIDS`, of at least one onset.

  Args:
    offset: as of `errors`.
  """
  return {
    grid: float(np.mean(errors(score, grid, offset) > _TOLERANCE))
    for grid in GRIDS
  }


def offset(score: Score) -> float:
  """By how much all onsets are late, in quarter notes; negative: early.

  0 unless that is why they fit no grid, as where a recording program began at
  another moment than the music.
  """
  if not is_free(shares_off(score)):
    return 0.0
  onset = score.notes[:, ONSET] / score.resolution
  best_share, best_offset = _SHIFTED, 0.0
  for grid in GRIDS:
    # The mean direction of the onsets, with a step as the full circle.
    mean = np.exp(2j * np.pi * grid * onset).mean()
    found = float(np.angle(mean)) / (2 * np.pi * grid)
    share = np.mean(errors(score, grid, found) > _TOLERANCE)
    if share < best_share - _NEARLY:
      best_share, best_offset = share, found
  return best_offset


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
