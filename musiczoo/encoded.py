"""A split of a dataset walks in; its pieces, encoded once, walk out mapped.

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

from musiczoo import representations, score
from musiczoo.corpora import sealed
from musiczoo.corpora.dataset import Split
from musiczoo.corpora.growing import Growing
from musiczoo.data import Pieces
from musiczoo.errors import UserError
from musiczoo.representations.runs import Runs

SEAL = 'encoded.json'
FORMAT = 1


class Mapped(Sequence):
  """The x of each piece, cut from the disk when it is asked for.

  Args:
    rows: the x of all pieces end to end, or the spans of their Runs.
    pieces: int64 [pieces, 3]: where the rows of a piece end, where its steps
      end, and the depth of its Runs, 0 if x is an array.
  """

  def __init__(self, rows: np.ndarray, pieces: np.ndarray):
    self._rows, self._pieces = rows, pieces

  def __len__(self):
    return len(self._pieces)

  def __getitem__(self, index: int) -> np.ndarray | Runs:
    index = range(len(self))[index]
    before = self._pieces[index - 1] if index else np.zeros(3, np.int64)
    (begin, first, _), (end, last, depth) = before, self._pieces[index]
    rows = self._rows[begin:end]
    return Runs(rows, (int(last - first), int(depth))) if depth else rows


def open(
    split: Split,
    config: Mapping,
    encode: Callable[[score.Score], np.ndarray | Runs],
) -> Pieces:
  """The encoded pieces of a split; those without a step are left out.

  Args:
    split: of a dataset.
    config: the name and the arguments of the representation, as in a config.
    encode: Score -> x of this representation.

  Raises:
    UserError: no piece has a step, the folder can't be written, or is damaged.
  """
  path = split.folder / 'encoded' / f'{split.name}-{_key(config)}'
  if not path.exists():
    with sealed.creating(path, SEAL, FORMAT) as folder:
      _write(split, encode, folder)
  sealed.check(path, SEAL, FORMAT)
  # As plain arrays, which are sliced faster than memmaps.
  rows, pieces = (
      np.load(path / f'{name}.npy', mmap_mode='r').view(np.ndarray)
      for name in ('rows', 'pieces')
  )
  return Pieces(Mapped(rows, pieces), np.append(0, pieces[:, 1]))


def _write(split, encode, folder):
  encoded = filter(len, (encode(piece.score) for piece in split))
  first = next(encoded, None)
  if first is None:
    raise UserError(
        f'{split.folder}: no {split.name} piece has a single step of music in '
        'this representation: prepare more files, or choose another'
    )
  pieces, steps = [], 0
  like = _rows(first)
  growing = Growing(folder / 'rows.npy', like.shape[1:], like.dtype)
  with contextlib.closing(growing) as rows:
    for x in itertools.chain([first], encoded):
      rows.append(_rows(x))
      steps += len(x)
      depth = x.shape[1] if isinstance(x, Runs) else 0
      pieces.append((rows.rows, steps, depth))
  np.save(folder / 'pieces.npy', np.array(pieces))


def _rows(x):
  return x.spans if isinstance(x, Runs) else x


def _key(config):
  """What x depends on beside the dataset: the config and the code."""
  key = hashlib.sha256(json.dumps(dict(config), sort_keys=True).encode())
  folder = pathlib.Path(representations.__file__).parent
  for file in [pathlib.Path(score.__file__), *sorted(folder.glob('*.py'))]:
    key.update(file.read_bytes())
  return key.hexdigest()[:16]
