"""The audio features of a split of recordings, cached, and their statistics.

What was measured, and the mean and standard deviation of the training split's,
are kept beside the recordings, under a hash of all they depend on.
"""

from collections.abc import Callable, Mapping, Sequence
import json
import pathlib

import numpy as np

from musiczoo.data.batches import Pieces
from musiczoo.data.cache import encoded, sealed_folder
from musiczoo.data.corpora.recordings import Recordings
from musiczoo.music.audio import needed, Sound

_SEAL, _FORMAT, _FILE = 'sealed.json', 1, 'statistics.json'
_LEAST = 1e-5  # Of a deviation: what varies less doesn't vary.


def open(
  split: Recordings,
  config: Mapping,
  measure: Callable[[Sound], np.ndarray],
  normalize: Callable[[np.ndarray], Sequence],
) -> Pieces:
  """The frames of a split, normalized when they are asked for.

  Args:
    split: of a folder of recordings.
    config: all that `measure` depends on beside the recordings.
    measure: Sound -> float32 [T, D].
    normalize: what was measured -> x.

  Raises:
    UserError: the folder can't be written, or what is kept there is damaged.
  """
  pieces = encoded.open(split, _key(split, config), measure)
  return Pieces(_Each(pieces.x, normalize), pieces.offsets)


def statistics(
  split: Recordings, config: Mapping, measure: Callable[[Sound], np.ndarray]
) -> dict[str, list[float]]:
  """`mean` and `sd` of each number over the frames of a split: six digits each.

  A number that is always the same has sd 1. Arguments and errors as in `open`.
  """
  measured = encoded.open(split, key := _key(split, config), measure)
  name = f'statistics-{encoded.key(key)}'
  path = pathlib.Path(split.folder) / 'encoded' / name
  if not path.exists():
    with sealed_folder.creating(path, _SEAL, _FORMAT) as folder:
      text = json.dumps(_statistics(measured), indent=1) + '\n'
      (folder / _FILE).write_text(text)
  sealed_folder.check(path, _SEAL, _FORMAT)
  return json.loads((path / _FILE).read_text())


def _statistics(measured):
  frames = measured.offsets[-1]
  mean = sum(x.sum(0, np.float64) for x in measured.x) / frames
  square = sum(((x - mean) ** 2).sum(0) for x in measured.x) / frames
  sd = np.sqrt(square)
  sd[sd < _LEAST] = 1
  return {
    name: [float(f'{v:.6g}') for v in values]
    for name, values in (('mean', mean), ('sd', sd))
  }


def _key(split, config):
  return {
    'files': split.digest,
    'librosa': needed('librosa', f"corpus '{split.folder}'").__version__,
    'representation': config,
  }


class _Each(Sequence):
  """What a function makes of each of a sequence, when it is asked for."""

  def __init__(self, of: Sequence, function: Callable):
    self._of, self._function = of, function

  def __len__(self):
    return len(self._of)

  def __getitem__(self, index):
    return self._function(self._of[index])
