"""Excerpts: short rows of openings and of phrase ends, beside the windows of a batch.

First chords and cadences are rare: a batch of windows has a few of each, and a
model stays underfit there long after it has learned the rest.
"""

import numpy as np

from musiczoo.data.pieces import Pieces
from musiczoo.music import annotations

# In quarter notes: how much of a phrase is its end, and how much music before it
# is given as context.
ENDING, CONTEXT = 4, 4
KINDS = 'openings', 'phrase_ends'


def spans(
  pieces: Pieces, kind: str, steps_per_quarter: int, opening_quarters: int = 1
) -> list[tuple[int, int, int, int]]:
  """The excerpts of a kind.

  Args:
    pieces: of a split. Where its conditions mark no phrases a piece is one.
    kind: one of `KINDS`.
    steps_per_quarter: of the grid.
    opening_quarters: how much of a piece is its opening, in quarter notes.

  Returns:
    index of the piece, first step, last step + 1, and the first step that
    counts, of each.
  """
  lengths = np.diff(pieces.offsets).tolist()
  if kind == 'openings':
    steps = opening_quarters * steps_per_quarter
    return [(i, 0, min(steps, n), 0) for i, n in enumerate(lengths)]
  found = []
  for index, length in enumerate(lengths):
    for end in _phrase_ends(pieces, index, length).tolist():
      counted = max(end - ENDING * steps_per_quarter, 0)
      begin = max(counted - CONTEXT * steps_per_quarter, 0)
      found.append((index, begin, end, counted))
  return found


def length(kind: str, steps_per_quarter: int, opening_quarters: int = 1) -> int:
  """Steps of a row of a kind."""
  quarters = opening_quarters if kind == 'openings' else CONTEXT + ENDING
  return quarters * steps_per_quarter


def _phrase_ends(pieces, index, length):
  if pieces.cond is None:
    return np.array([length])
  left = np.asarray(pieces.cond[index])[:, annotations.PHRASES]
  ends = np.flatnonzero(left == 2) + 1
  return ends if len(ends) else np.array([length])
