"""Shares of counts, and of spans of time that are silent."""

import math

import numpy as np


def share(part: float, whole: float) -> float:
  """part / whole; nan if the whole is 0."""
  return float(part / whole) if whole else math.nan


def empty_share(begin: np.ndarray, end: np.ndarray, lines: np.ndarray) -> float:
  """The share of the spans between lines in which nothing sounds.

  Args:
    begin: int [N], onset of each note, at or after the first line.
    end: int [N], its end, up to the last line; exclusive.
    lines: int [spans + 1], ascending.

  Returns:
    0 to 1, nan without spans.
  """
  first = np.searchsorted(lines, begin, side='right') - 1
  after = np.searchsorted(lines, end)
  begun = np.bincount(first, minlength=len(lines))
  ended = np.bincount(after, minlength=len(lines))
  silent = np.cumsum(begun - ended)[:-1] == 0
  return share(np.count_nonzero(silent), len(silent))
