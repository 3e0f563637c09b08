"""A split of a dataset walks in; its pieces, encoded once, walk out mapped.

A dataset may be longer than memory, and so may what a representation makes of
it. It is therefore kept beside the dataset, under a hash of all it depends on.
"""

from collections.abc import Callable, Mapping
import contextlib
import hashlib
import json
import pathlib

import numpy as np

from musiczoo import representations, score
from musiczoo.corpora import sealed
from musiczoo.corpora.dataset import Split
from musiczoo.corpora.growing import Growing
from musiczoo.data import Pieces
from musiczoo.errors import UserError

SEAL = 'encoded.json'
FORMAT = 1


def open(
    split: Split,
    config: Mapping,
    encode: Callable[[score.Score], np.ndarray],
) -> Pieces:
  """The encoded pieces of a split; those without a step are left out.

  Args:
    split: of a dataset.
    config: the name and the arguments of the representation, as in a config.
    encode: Score -> x [steps, ...] of this representation.

  Raises:
    UserError: no piece has a step, the folder can't be written, or is damaged.
  """
  path = split.folder / 'encoded' / f'{split.name}-{_key(config)}'
  if not path.exists():
    with sealed.creating(path, SEAL, FORMAT) as folder:
      _write(split, encode, folder)
  sealed.check(path, SEAL, FORMAT)
  x, offsets = (
      np.load(path / f'{name}.npy', mmap_mode='r').view(np.ndarray)
      for name in ('x', 'offsets')
  )
  return Pieces(x, offsets)


def _write(split, encode, folder):
  encoded = filter(len, (encode(piece.score) for piece in split))
  first = next(encoded, None)
  if first is None:
    raise UserError(
        f'{split.folder}: no {split.name} piece has a single step of music in '
        'this representation: prepare more files, or choose another'
    )
  offsets = [0, len(first)]
  growing = Growing(folder / 'x.npy', first.shape[1:], first.dtype)
  with contextlib.closing(growing) as x:
    x.append(first)
    for piece in encoded:
      x.append(piece)
      offsets.append(x.rows)
  np.save(folder / 'offsets.npy', np.array(offsets))


def _key(config):
  """What x depends on beside the dataset: the config and the code."""
  key = hashlib.sha256(json.dumps(dict(config), sort_keys=True).encode())
  folder = pathlib.Path(representations.__file__).parent
  for file in [pathlib.Path(score.__file__), *sorted(folder.glob('*.py'))]:
    key.update(file.read_bytes())
  return key.hexdigest()[:16]
