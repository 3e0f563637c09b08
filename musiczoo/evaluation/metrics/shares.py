"""Shares of counts and of time, and the spans of time that they are of."""

import math

import numpy as np

from musiczoo.music import score as score_lib
from musiczoo.music.score import DURATION, ONSET, PITCH, Score
from musiczoo.representations.sparse_roll import union


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


def beats(score: Score, end: int = 0) -> np.ndarray:
  """Lines of the quarter notes, from 0 to the first beyond the notes and `end`.

  Returns:
    int64 [beats + 1].
  """
  last = max(score_lib.end(score), end)
  return np.arange(-(-last // score.resolution) + 1) * score.resolution


def spans(notes: np.ndarray) -> np.ndarray:
  """When each pitch sounds, however many notes have it.

  Args:
    notes: int [N, 5].

  Returns:
    int [spans, 3]: begin, end and pitch; those of one pitch do not overlap.
  """
  onset, pitch = notes[:, ONSET], notes[:, PITCH]
  return union(onset, onset + notes[:, DURATION], pitch, 128).spans
