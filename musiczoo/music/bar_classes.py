"""Classes of bars: how dense they are, how divided, and which they repeat."""

import numpy as np

from musiczoo.music import metre
from musiczoo.music.score import ONSET, PITCH, Score

# Notes that begin in a bar, per quarter note: where one class ends.
DENSITIES = (0.5, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16)
LAGS = (1, 2, 4, 8)  # Bars.

_ALIKE = 0.5  # Of the notes of two bars together, those that they share.


def density_class(notes_per_quarter: np.ndarray) -> np.ndarray:
  """Notes per quarter note -> values of the column `density`."""
  return 1 + np.searchsorted(DENSITIES, notes_per_quarter, side='right')


def rhythms(score: Score, lines: np.ndarray) -> np.ndarray:
  """The class of each bar, by its finest onset: int [bars].

  Args:
    score: on a grid.
    lines: of `metre.bars`.
  """
  onset = score.notes[:, ONSET]
  bar = metre.bar_of(lines, onset)
  offset = (onset - lines[bar]).astype(np.int64)
  level = np.full(len(onset), 6)
  # From fine to coarse, so that the coarsest that fits is what stays.
  for value, parts in (5, 4), (4, 2), (3, 1):
    level[offset * parts % score.resolution == 0] = value
  level[offset % (2 * score.resolution) == 0] = 2
  classes = np.ones(len(lines) - 1, np.int64)
  np.maximum.at(classes, bar, level)
  return classes


def sections(score: Score, lines: np.ndarray) -> np.ndarray:
  """The class of each bar, by the nearest of `LAGS` it is like: int [bars].

  Two bars are alike if they share half of their notes, by pitch class and
  position. Arguments as of `rhythms`.
  """
  num_bars = len(lines) - 1
  onset = score.notes[:, ONSET].astype(np.int64)
  bar = metre.bar_of(lines, onset)
  # When in the bar and on which pitch class, as one number.
  size = 12 * int(np.diff(lines).max())
  what = (onset - lines[bar]) * 12 + score.notes[:, PITCH] % 12
  notes = np.unique(bar * size + what)
  count = np.bincount(notes // size, minlength=num_bars)
  classes = np.ones(num_bars, np.int64)
  for place, lag in reversed(list(enumerate(LAGS))):
    moved = notes + lag * size
    shared = moved[np.isin(moved, notes)] // size
    both = np.bincount(shared, minlength=num_bars)[:num_bars]
    before = np.concatenate([np.zeros(lag, np.int64), count])[:num_bars]
    alike = both >= _ALIKE * np.maximum(count + before - both, 1)
    classes[alike] = place + 2
  return classes
