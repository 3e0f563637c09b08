"""Sections of pieces: runs of bars of one length in which required parts play."""

from collections.abc import Callable, Sequence

import numpy as np

from musiczoo.data.pieces import Pieces, slices
from musiczoo.errors import UserError
from musiczoo.music import annotations
from musiczoo.music.spec import Spec
from musiczoo.representations.sparse_roll import SparseRoll

_NO_DRUMS = (
  ' (no notes on channel 10; of tracks that are drums on another, give words of '
  'their names to prepare, --drums=WORD)'
)


def cut_sections(
  pieces: Pieces,
  window: int,
  *,
  bar_steps: int,
  plays: Callable[[np.ndarray | SparseRoll], np.ndarray],
  names: Sequence[str] = (),
) -> Pieces:
  """Pieces with `cond` -> their sections: as many bars of one length in a row.

  Args:
    pieces: to be cut; what is in no section is left out.
    window: the shortest section, in steps.
    bar_steps: of each bar.
    plays: x of a piece -> bool [steps, parts], what of it plays; each part does
      so in each bar of a section.
    names: of the parts, for messages.

  Raises:
    UserError: there are none.
  """
  spans, silent = [], set(names)
  for index, table in enumerate(pieces.cond):
    lines = annotations.bar_rows(table)
    fits = np.diff(lines, append=len(table)) == bar_steps
    playing = plays(pieces.x[index])
    silent -= {n for n, some in zip(names, playing.any(0)) if some}
    before = np.cumsum(playing, axis=0)
    before = np.concatenate([np.zeros_like(before[:1]), before])
    after = np.minimum(lines + bar_steps, len(table))
    fits &= (before[after] > before[lines]).all(1)
    edges = np.diff(fits.astype(np.int8), prepend=0, append=0)
    lines = np.append(lines, len(table))
    for first, last in zip(
      np.flatnonzero(edges > 0), np.flatnonzero(edges < 0)
    ):
      begin, end = int(lines[first]), int(lines[last - 1]) + bar_steps
      if end - begin >= window:
        spans.append((index, begin, end))
  if silent:
    raise UserError(
      f'no piece has {" or ".join(sorted(silent))}, which '
      '--config.sections.required_planes asks for'
      + f'{_NO_DRUMS if "drums" in silent else ""}: add pieces that have, or set '
      '--config.sections.required_planes='
    )
  if not spans:
    raise UserError(
      f'no piece has {window} steps of bars of {bar_steps} that play throughout: '
      'add pieces, or set --config.window or --config.sections'
    )
  return slices(pieces, spans)


def planes_that_play(spec: Spec, planes: Sequence[int]):
  """Returns plays(x) -> bool [steps, planes]: whether each of the planes does.

  Raises:
    UserError: there is no such plane.
  """
  if not set(planes) <= set(range(spec.planes)):
    raise UserError(
      f'--config.sections.required_planes={",".join(map(str, planes))}: there '
      f'are 0 to {spec.planes - 1}'
    )

  def plays(x):
    by_plane = np.asarray(x).reshape(len(x), spec.planes, -1)
    return by_plane[:, list(planes)].any(2)

  return plays
