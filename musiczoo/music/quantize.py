"""The one rounding of ticks: to the nearest step of a grid, halves up."""

import numpy as np

from musiczoo.music.score import canonical, DURATION, map_changes, ONSET, Score


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
  key and the ends of phrases move the same way.
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
  return canonical(
    score._replace(
      notes=notes,
      resolution=steps_per_quarter,
      phrase_ends=steps(score.phrase_ends),
    )
  )
