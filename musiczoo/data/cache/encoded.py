"""The encoded pieces of a split, cached on disk and memory-mapped.

A dataset may be larger than memory, and so may the arrays it is encoded as. So
they are kept beside the dataset, or where `place` says, under a hash of all they
depend on.
"""

from collections.abc import Callable, Mapping
import hashlib
import itertools
import json
import pathlib

import numpy as np

from musiczoo import music, representations
from musiczoo.data.cache import sealed_folder
from musiczoo.data.cache.npy_writer import check_ends, load, writing
from musiczoo.data.cache.place import place
from musiczoo.data.corpora.recordings import Recordings
from musiczoo.data.dataset import Split
from musiczoo.data.pieces import Lazy, Pieces
from musiczoo.errors import UserError
from musiczoo.music import annotations
from musiczoo.representations.sparse_roll import SparseRoll

SEAL, FORMAT = 'encoded.json', 1


def open(
  split: Split | Recordings,
  config: Mapping,
  encode: Callable,
  annotate: Callable | None = None,
) -> Pieces:
  """The encoded pieces of a split; those without a step are left out.

  Args:
    split: of a dataset, or of recordings.
    config: all that x and the conditions depend on beside the pieces.
    encode: a piece of the split -> x, an array or a SparseRoll.
    annotate: (piece, x) -> the conditions of its steps, or None.

  Raises:
    UserError: no piece has a step, the folder can't be written, or is damaged.
  """
  of_split = {'files': split.digest} | dict(config)
  path = place(split.folder, f'{split.name}-{key(of_split)}')
  sealed_folder.make(
    path, SEAL, FORMAT, lambda folder: _write(split, encode, annotate, folder)
  )
  # Where the rows of each piece end, where its steps end, and the depth of its
  # SparseRoll, whose spans are the rows; 0 if its rows are its steps.
  table = load(path / 'pieces.npy', (3,), np.int64)
  rows = load(path / 'rows.npy', None)
  check_ends(path / 'pieces.npy', table[:, :1], [len(rows)])
  ends = np.concatenate([np.zeros((1, 2), np.int64), table[:, :2]])

  def x(index):
    (begin, first), (end, last) = ends[index : index + 2].tolist()
    depth = int(table[index, 2])
    found = rows[begin:end]
    return SparseRoll(found, (last - first, depth)) if depth else found

  offsets, cond = ends[:, 1], None
  if annotate:
    columns = load(path / 'cond.npy', (len(annotations.COLUMNS),), np.int16)
    check_ends(path / 'pieces.npy', table[:, 1:2], [len(columns)])
    cond = Lazy(len(table), lambda i: columns[offsets[i] : offsets[i + 1]])
  return Pieces(Lazy(len(table), x), offsets, cond)


def _write(split, encode, annotate, folder):
  encoded = ((piece, encode(piece)) for piece in split)
  encoded = (pair for pair in encoded if len(pair[1]))
  first = next(encoded, None)
  if first is None:
    raise UserError(
      f'{split.folder}: no {split.name} piece has a single step of music in '
      'this representation: prepare more files, or choose another'
    )
  like = _rows(first[1])
  arrays = {'pieces': ((3,), np.int64), 'rows': (like.shape[1:], like.dtype)}
  if annotate:
    arrays['cond'] = (len(annotations.COLUMNS),), np.int16
  steps = 0
  with writing(folder, arrays) as files:
    for piece, x in itertools.chain([first], encoded):
      files['rows'].append(_rows(x))
      if annotate:
        files['cond'].append(annotate(piece, x))
      steps += len(x)
      depth = x.shape[1] if isinstance(x, SparseRoll) else 0
      files['pieces'].append(np.array([[files['rows'].rows, steps, depth]]))


def _rows(x):
  return x.spans if isinstance(x, SparseRoll) else x


def key(config: Mapping) -> str:
  """A hash of what x depends on beside the dataset: the config and the code."""
  found = hashlib.sha256(json.dumps(dict(config), sort_keys=True).encode())
  for room in music, representations:
    for file in sorted(pathlib.Path(room.__file__).parent.glob('*.py')):
      found.update(file.read_bytes())
  return found.hexdigest()[:16]
