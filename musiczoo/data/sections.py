"""Sections of pieces: runs of bars of one length in which required parts play."""

from collections.abc import Callable

import numpy as np

from musiczoo.data import batches
from musiczoo.errors import UserError
from musiczoo.music import annotations
from musiczoo.representations.sparse_roll import SparseRoll


def passages(
    pieces: batches.Pieces,
    window: int,
    *,
    bar: int,
    plays: Callable[[np.ndarray | SparseRoll], np.ndarray],
) -> batches.Pieces:
  """Pieces with `cond` -> their passages: as many bars of one length in a row.

  Args:
    pieces: to be cut; what is in no passage is left out.
    window: the shortest passage, in steps.
    bar: steps of each bar.
    plays: x of a piece -> bool [steps, parts], what of it plays; each part does
      so in each bar of a passage.

  Raises:
    UserError: there are none.
  """
  spans = []
  for index, table in enumerate(pieces.cond):
    lines = annotations.bar_rows(table)
    fits = np.diff(lines, append=len(table)) == bar
    before = np.cumsum(plays(pieces.x[index]), axis=0)
    before = np.concatenate([np.zeros_like(before[:1]), before])
    after = np.minimum(lines + bar, len(table))
    fits &= (before[after] > before[lines]).all(1)
    edges = np.diff(fits.astype(np.int8), prepend=0, append=0)
    lines = np.append(lines, len(table))
    for first, last in zip(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0)):
      begin, end = int(lines[first]), int(lines[last - 1]) + bar
      if end - begin >= window:
        spans.append((index, begin, end))
  if not spans:
    raise UserError(
        f'no piece has {window} steps of bars of {bar} that play throughout: '
        'add pieces, or set --config.window or --config.passages'
    )
  return batches.slices(pieces, spans)
