"""The encoded pieces of a split, cached on disk and memory-mapped.

A dataset may be longer than memory, and so may what a representation makes of
it. It is therefore kept beside the dataset, under a hash of all it depends on.
"""

from collections.abc import Callable, Mapping, Sequence
import contextlib
import hashlib
import itertools
import json
import pathlib

import numpy as np

from musiczoo import music, representations
from musiczoo.data.batches import Pieces
from musiczoo.data.cache import sealed_folder
from musiczoo.data.cache.npy_writer import NpyWriter
from musiczoo.data.corpora.corpus import Piece
from musiczoo.data.corpora.recordings import Recordings
from musiczoo.data.dataset import Split
from musiczoo.errors import UserError
from musiczoo.music import annotations
from musiczoo.music.score import Score
from musiczoo.representations.sparse_roll import SparseRoll

SEAL = 'encoded.json'
FORMAT = 1


class Mapped(Sequence):
  """The x of each piece, cut from the disk when it is asked for.

  Args:
    rows: the x of all pieces end to end, or the spans of their Runs; or what
      else there is a row a step of.
    pieces: int64 [pieces, 3]: where the rows of a piece end, where its steps
      end, and the depth of its Runs, 0 if x is an array.
  """

  def __init__(self, rows: np.ndarray, pieces: np.ndarray):
    self._rows, self._pieces = rows, pieces

  def __len__(self):
    return len(self._pieces)

  def __getitem__(self, index: int) -> np.ndarray | SparseRoll:
    index = range(len(self))[index]
    before = self._pieces[index - 1] if index else np.zeros(3, np.int64)
    (begin, first, _), (end, last, depth) = before, self._pieces[index]
    rows = self._rows[begin:end]
    return SparseRoll(rows, (int(last - first), int(depth))) if depth else rows


def open(
  split: Split | Recordings,
  config: Mapping,
  encode: Callable[[Score], np.ndarray | SparseRoll],
  annotate: Callable[[Piece, np.ndarray | SparseRoll], np.ndarray]
  | None = None,
) -> Pieces:
  """The encoded pieces of a split; those without a step are left out.

  Args:
    split: of a dataset, or of recordings.
    config: all that x and the conditions depend on beside the dataset.
    encode: Score -> x of this representation.
    annotate: (piece, x) -> `conditions` of its steps, or None.

  Raises:
    UserError: no piece has a step, the folder can't be written, or is damaged.
  """
  path = split.folder / 'encoded' / f'{split.name}-{key(config)}'
  if not path.exists():
    with sealed_folder.creating(path, SEAL, FORMAT) as folder:
      _write(split, encode, annotate, folder)
  sealed_folder.check(path, SEAL, FORMAT)

  def load(name):
    # As plain arrays, which are sliced faster than memmaps.
    return np.load(path / f'{name}.npy', mmap_mode='r').view(np.ndarray)

  pieces = load('pieces')
  offsets, cond = np.append(0, pieces[:, 1]), None
  if annotate:
    ends = np.stack([offsets[1:], offsets[1:], 0 * offsets[1:]], axis=1)
    cond = Mapped(load('cond'), ends)
  return Pieces(Mapped(load('rows'), pieces), offsets, cond)


def _write(split, encode, annotate, folder):
  encoded = ((piece, encode(piece.score)) for piece in split)
  encoded = (pair for pair in encoded if len(pair[1]))
  first = next(encoded, None)
  if first is None:
    raise UserError(
      f'{split.folder}: no {split.name} piece has a single step of music in '
      'this representation: prepare more files, or choose another'
    )
  pieces, steps = [], 0
  like = _rows(first[1])
  shape = (len(annotations.COLUMNS),)
  with contextlib.ExitStack() as files:

    def growing(name, *of):
      file = NpyWriter(folder / f'{name}.npy', *of)
      return files.enter_context(contextlib.closing(file))

    rows = growing('rows', like.shape[1:], like.dtype)
    cond = growing('cond', shape, np.int16) if annotate else None
    for piece, x in itertools.chain([first], encoded):
      rows.append(_rows(x))
      if annotate:
        cond.append(annotate(piece, x))
      steps += len(x)
      depth = x.shape[1] if isinstance(x, SparseRoll) else 0
      pieces.append((rows.rows, steps, depth))
  np.save(folder / 'pieces.npy', np.array(pieces))


def _rows(x):
  return x.spans if isinstance(x, SparseRoll) else x


def key(config: Mapping) -> str:
  """A hash of what x depends on beside the dataset: the config and the code."""
  found = hashlib.sha256(json.dumps(dict(config), sort_keys=True).encode())
  for room in music, representations:
    for file in sorted(pathlib.Path(room.__file__).parent.glob('*.py')):
      found.update(file.read_bytes())
  return found.hexdigest()[:16]
