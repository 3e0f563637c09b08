"""Counts and spans of time walk in; shares of a whole walk out."""

import math

import numpy as np


def share(part: float, whole: float) -> float:
  """part / whole; of nothing nan."""
  return float(part / whole) if whole else math.nan


def empty(begin: np.ndarray, end: np.ndarray, lines: np.ndarray) -> float:
  """The share of the spans between lines in which nothing sounds.

  Args:
    begin: int [N], when each note begins, from the first line on.
    end: int [N], when it ends, up to the last line; the tick itself is silent.
    lines: int [spans + 1], ascending.

  Returns:
    0 to 1, nan of no spans.
  """
  first = np.searchsorted(lines, begin, side='right') - 1
  after = np.searchsorted(lines, end)
  begun = np.bincount(first, minlength=len(lines))
  ended = np.bincount(after, minlength=len(lines))
  silent = np.cumsum(begun - ended)[:-1] == 0
  return share(np.count_nonzero(silent), len(silent))
