"""A prepared dataset: Scores <-> a folder of memory-mapped arrays.

A folder holds, piece after piece in one numbering,

  notes.npy    int32 [notes, 5], as in Score
  tempi.npy    int32 [.., 2], meters.npy and keys.npy int32 [.., 3] and
               phrase_ends.npy int32 [..], likewise
  tracks.npy   uint8 [.., 2], program, drums; names are not kept
  names.npy    uint8 [..], the names of the pieces in UTF-8
  pieces.npy   int64 [pieces, 9], resolution, split, where the rows of a piece
               end in each of these files, in the order of `_ARRAYS`

and what is known of its sources: manifest.jsonl has a line for every file that
was looked at, report.json the counts. dataset.json is the seal, with the grids
of `grids`.
"""

from collections.abc import Iterator, Mapping
import contextlib
import hashlib
import os
import pathlib
from typing import NamedTuple

import numpy as np

from musiczoo.data.cache import sealed_folder
from musiczoo.data.cache.npy_writer import (
  check_ends,
  load,
  NpyWriter,
  writing,
)
from musiczoo.data.corpus import Piece
from musiczoo.data.pieces import Lazy
from musiczoo.data.splits import ALL, SPLITS
from musiczoo.errors import UserError
from musiczoo.music import json_files
from musiczoo.music.score import Score, Track

SEAL = 'dataset.json'
GRIDS = 'steps_per_quarter', 'onsets_kept'  # Entries of the seal.
FORMAT = 2  # 1, of release 0.1, had no ends of phrases.

_ARRAYS = {
  'notes': ((5,), np.int32),
  'tempi': ((2,), np.int32),
  'meters': ((3,), np.int32),
  'keys': ((3,), np.int32),
  'phrase_ends': ((), np.int32),
  'tracks': ((2,), np.uint8),
  'names': ((), np.uint8),
}
_PIECES = (2 + len(_ARRAYS),), np.int64


class Split(Lazy):
  """The Pieces of one split, each read from the disk when it is indexed.

  Attributes:
    folder: the dataset.
    name: of the split; ALL: it has all pieces.
    digests: SHA-256 of each file that holds pieces.
    digest: of all of these.
  """

  def __init__(
    self, folder: pathlib.Path, name: str, arrays: dict, digests: dict
  ):
    self.folder, self.name, self.digests = folder, name, digests
    together = ''.join(digests[file] for file in sorted(digests))
    self.digest = hashlib.sha256(together.encode()).hexdigest()
    numbers = np.arange(len(arrays['pieces']))
    if name != ALL:
      numbers = numbers[arrays['pieces'][:, 1] == SPLITS.index(name)]
    super().__init__(len(numbers), lambda i: _piece(arrays, int(numbers[i])))


class Grids(NamedTuple):
  """The grid for a dataset, as of `prepare`.

  Attributes:
    steps_per_quarter: of the grid that `prepare` chose.
    onsets_kept: steps to a quarter note -> the share of onsets that a grid
      keeps, of pieces that fit any.
  """

  steps_per_quarter: int
  onsets_kept: dict[int, float]


class Writer:
  """Appends pieces to the arrays of a dataset."""

  def __init__(self, arrays: Mapping[str, NpyWriter]):
    self._arrays = {name: arrays[name] for name in _ARRAYS}
    self._pieces = arrays['pieces']

  def add(self, piece: Piece, split: str) -> int:
    """Appends a piece with a Score; returns its number."""
    score, number = piece.score, self._pieces.rows
    tracks = [(track.program, track.drums) for track in score.tracks]
    rows = score._asdict() | {
      'tracks': np.array(tracks, np.uint8).reshape(-1, 2),
      'names': np.frombuffer(os.fsencode(piece.name), np.uint8),
    }
    for name, array in self._arrays.items():
      array.append(rows[name])
    ends = [array.rows for array in self._arrays.values()]
    row = score.resolution, SPLITS.index(split), *ends
    self._pieces.append(np.array([row]))
    return number


@contextlib.contextmanager
def creating(
  path: pathlib.Path, facts: Mapping = {}
) -> Iterator[tuple[Writer, pathlib.Path]]:
  """Gives a Writer, and the folder that will be the dataset, to add files to.

  Args:
    path: of the dataset.
    facts: entries for the seal, GRIDS, which may be added meanwhile.

  Raises:
    UserError: `path` can't be written, or holds something else.
  """
  arrays = _ARRAYS | {'pieces': _PIECES}
  with sealed_folder.creating(path, SEAL, FORMAT, facts) as folder:
    with writing(folder, arrays) as writers:
      yield Writer(writers), folder


def is_dataset(path: pathlib.Path) -> bool:
  return (path / SEAL).is_file()


def open(path: pathlib.Path, *, is_split: bool = True) -> dict[str, Split]:
  """The splits of a dataset, checked against its seal.

  Args:
    path: the folder.
    is_split: if not, each split has all pieces.

  Raises:
    UserError: a file is missing, damaged or of another format; it is named.
  """
  sealed_folder.check(path, SEAL, FORMAT)
  files = {name: path / f'{name}.npy' for name in (*_ARRAYS, 'pieces')}
  arrays = {
    name: load(file, *(_ARRAYS | {'pieces': _PIECES})[name])
    for name, file in files.items()
  }
  sealed = sealed_folder.digests(path, SEAL)
  if missing := [f.name for f in files.values() if f.name not in sealed]:
    raise UserError(
      f'{path / SEAL} lists no {missing[0]}: make the folder anew'
    )
  _check_pieces(files['pieces'], arrays)
  digests = {file.name: sealed[file.name] for file in files.values()}
  if not is_split:
    return dict.fromkeys(SPLITS, Split(path, ALL, arrays, digests))
  return {name: Split(path, name, arrays, digests) for name in SPLITS}


def grids(path: pathlib.Path) -> Grids | None:
  """The grid for a dataset; None where none was found or it is of release 0.1.

  Raises:
    UserError: the seal is damaged.
  """
  seal = path / SEAL
  try:
    table = json_files.read(seal)
    steps, kept = (table.get(name) for name in GRIDS)
    if steps is None:
      return None
    kept = {int(grid): float(share) for grid, share in kept.items()}
    if type(steps) is not int or steps not in kept:
      raise ValueError('its grids')
  except (AttributeError, OSError, TypeError, ValueError) as error:
    raise UserError(f'{seal} is damaged: make the folder anew') from error
  return Grids(steps, kept)


def _check_pieces(path, arrays):
  """Refuses a table of pieces that leads out of the other arrays."""
  pieces = arrays['pieces']
  lengths = [len(arrays[name]) for name in _ARRAYS]
  check_ends(path, pieces[:, 2:], lengths)
  if not np.isin(pieces[:, 1], range(len(SPLITS))).all() or (
    len(pieces) and pieces[:, 0].min() < 1
  ):
    raise UserError(f'{path} is damaged (its numbers): make the folder anew')


def style_of(name: str) -> str:
  """The style of a piece: the first folder of its name, or ''."""
  return name.split('/', 1)[0] if '/' in name else ''


def _piece(arrays, number):
  resolution, _, *ends = arrays['pieces'][number].tolist()
  begins = [0] * len(_ARRAYS)
  if number:
    begins = arrays['pieces'][number - 1, 2:].tolist()
  rows = {
    name: arrays[name][begin:end]
    for name, begin, end in zip(_ARRAYS, begins, ends)
  }
  name = os.fsdecode(rows.pop('names').tobytes())
  tracks = tuple(Track(p, bool(d)) for p, d in rows.pop('tracks').tolist())
  return Piece(name, Score(tracks=tracks, resolution=resolution, **rows))
