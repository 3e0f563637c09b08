"""The time of a Score: the rounding of ticks, quantization, tempo and seconds."""

import numpy as np

from musiczoo.music.score import (
  canonical,
  DURATION,
  end,
  map_changes,
  ONSET,
  Score,
)

DEFAULT_TEMPO = 500_000  # Microseconds per quarter note: 120 a minute.


def divide(a, b):
  """The integer nearest to a / b, halves up: how all ticks are rounded."""
  return (2 * a + b) // (2 * b)


def to_steps(
  ticks: np.ndarray, resolution: int, steps_per_quarter: int
) -> np.ndarray:
  """Ticks -> the nearest steps of a grid, halves up: int64.

  Args:
    ticks: integers, `resolution` of them to a quarter note.
    resolution: ticks per quarter note.
    steps_per_quarter: of the grid.
  """
  ticks = np.asarray(ticks, np.int64)
  return divide(ticks * steps_per_quarter, resolution)


def quantize(score: Score, steps_per_quarter: int) -> Score:
  """The canonical Score on a grid of `steps_per_quarter` ticks per quarter.

  Onsets and ends move to the nearest step (see `to_steps`), so that notes which
  met still meet; a note keeps at least one step. Changes of tempo, meter and
  key move the same way.
  """

  def steps(ticks):
    return to_steps(ticks, score.resolution, steps_per_quarter)

  def move(changes):
    changes = np.array(changes, np.int32)
    changes[:, 0] = steps(changes[:, 0])
    return changes

  notes = np.array(score.notes, np.int32).reshape(-1, 5)
  onset = steps(notes[:, ONSET])
  notes[:, DURATION] = steps(notes[:, ONSET] + notes[:, DURATION]) - onset
  notes[:, ONSET] = onset
  score = map_changes(score, move)
  return canonical(score._replace(notes=notes, resolution=steps_per_quarter))


def seconds(score: Score, ticks: np.ndarray) -> np.ndarray:
  """Ticks -> seconds from the beginning: float64, one for each tick."""
  begin, tempo = _tempo_map(score)
  rate = tempo / score.resolution / 1e6
  elapsed = np.append(0, np.cumsum(np.diff(begin) * rate[:-1]))
  latest = np.searchsorted(begin, ticks, side='right') - 1
  return elapsed[latest] + (ticks - begin[latest]) * rate[latest]


def length_seconds(score: Score) -> float:
  """Seconds until the last note of a canonical Score ends, summed exactly."""
  last = end(score)
  begin, tempo = _tempo_map(score)
  before = begin < max(last, 1)
  ticks = np.diff(begin[before], append=last)
  return ticks @ tempo[before] / score.resolution / 1e6


def _tempo_map(score):
  """From which tick on which tempo counts, the default first: int64 [K + 1]."""
  changes = np.asarray(score.tempi, np.int64)
  return np.concatenate([[[0, DEFAULT_TEMPO]], changes]).T
