"""The audio features of a split of recordings, cached, and their statistics.

Both are kept beside the recordings, under a hash of all they depend on.
"""

from collections.abc import Callable, Mapping, Sequence
import dataclasses
import json

import numpy as np

from musiczoo.data.cache import encoded, sealed_folder
from musiczoo.data.cache.place import place
from musiczoo.data.corpora.recordings import Recordings
from musiczoo.data.pieces import Lazy, Pieces
from musiczoo.errors import UserError
from musiczoo.music import json_files
from musiczoo.music.audio import needed, Sound

_SEAL, _FORMAT, _FILE = 'sealed.json', 1, 'statistics.json'
_LEAST = 1e-5  # Of a deviation: what varies less doesn't vary.


def open(
  split: Recordings,
  config: Mapping,
  measure: Callable[[Sound], np.ndarray],
  normalize: Callable[[np.ndarray], Sequence],
) -> Pieces:
  """The frames of a split, normalized when they are read.

  Args:
    split: of a folder of recordings.
    config: all that `measure` depends on beside the recordings.
    measure: Sound -> float32 [T, D].
    normalize: what was measured -> x.

  Raises:
    UserError: the folder can't be written, or what is kept there is damaged.
  """
  pieces = _measured(split, _key(split, config), measure)
  x = Lazy(len(pieces), lambda index: normalize(pieces.x[index]))
  return dataclasses.replace(pieces, x=x)


def statistics(
  split: Recordings, config: Mapping, measure: Callable[[Sound], np.ndarray]
) -> dict[str, list[float]]:
  """`mean` and `sd` of each number over the frames of a split: six digits each.

  A number that is always the same has sd 1. Arguments and errors as in `open`.
  """
  key = _key(split, config)

  def write(folder):
    text = (
      json.dumps(_statistics(_measured(split, key, measure)), indent=1) + '\n'
    )
    (folder / _FILE).write_text(text)

  path = place(split.folder, f'statistics-{encoded.key(key)}')
  sealed_folder.make(path, _SEAL, _FORMAT, write)
  return _read_statistics(path / _FILE)


def _read_statistics(path):
  try:
    found = json_files.read(path)
    return {name: [float(v) for v in found[name]] for name in ('mean', 'sd')}
  except (ValueError, TypeError, KeyError) as error:
    raise UserError(f'{path} is damaged: make the folder anew') from error


def _measured(split, key, measure):
  return encoded.open(split, key, lambda recording: measure(recording.sound))


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
