"""ensembles.json: the ensembles of the training pieces of a model of `compound`."""

import pathlib

import numpy as np

from musiczoo.data.pieces import Pieces
from musiczoo.errors import UserError
from musiczoo.music import compound_rows as rows, json_files
from musiczoo.music.files import write_atomic
from musiczoo.music.spec import Spec
from musiczoo.sampling import ensembles

NAME = 'ensembles.json'
PIECES = 1000  # At most of so many pieces.
_SIZES = rows.SLOTS, 128, 128, len(rows.POLYPHONIES) + 1


def find(pieces: Pieces, spec: Spec) -> list[np.ndarray]:
  """The ensembles of training pieces, of rows of `compound`; of others none."""
  if spec.kind != 'compound':
    return []
  layout = rows.Layout(spec.steps_per_quarter)
  every = -(-len(pieces) // PIECES)
  return ensembles.of_pieces(pieces.x[::every], layout)


def write(folder, found: list[np.ndarray]) -> None:
  """Writes the file, if there are any."""
  if found:
    text = json_files.text([each.tolist() for each in found])
    write_atomic(pathlib.Path(folder) / NAME, text)


def read(folder) -> tuple[np.ndarray, ...]:
  """The ensembles of a folder; none if it has no such file.

  Raises:
    UserError: it is damaged.
  """
  path = pathlib.Path(folder) / NAME
  if not path.exists():
    return ()
  try:
    return tuple(map(_checked, json_files.read(path)))
  except (OSError, TypeError, ValueError, OverflowError) as e:
    raise UserError(
      f'{path} is damaged: remove it, and the model samples the instruments'
    ) from e


def _checked(table):
  tracks = np.asarray(table)
  if tracks.dtype != np.int64:
    raise ValueError('no integers')
  if tracks.ndim != 2 or tracks.shape[1] != len(_SIZES):
    raise ValueError('no tracks')
  slots = tracks[:, 0]
  in_range = (tracks >= 0).all() and (tracks < _SIZES).all()
  if not in_range or (slots[1:] <= slots[:-1]).any() or not len(slots):
    raise ValueError('no such tracks')
  return tracks
