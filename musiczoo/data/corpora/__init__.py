"""Loading of a corpus by name or path: named pieces in three splits."""

import pathlib

from musiczoo.data import dataset
from musiczoo.data.corpora import (
  benchmarks,
  chorales,
  folder,
  palestrina,
  recordings,
  tunes,
)
from musiczoo.data.corpus import Corpus
from musiczoo.data.splits import split_pieces, with_all_splits
from musiczoo.errors import UserError

__all__ = ['load', 'load_sounds']

_ACCEPTED = (
  "give 'chorales', 'tunes', 'essen' or 'palestrina', a folder of MIDI files or "
  'one, a prepared dataset, or a .mat or .npz file of a benchmark'
)
# In music21's own corpus, with splits that keep variants together.
_PACKAGED = {
  'tunes': tunes.load_tunes,
  'essen': tunes.load_essen,
  'palestrina': palestrina.load,
}


def load(name: str) -> Corpus:
  """Loads a corpus and splits it by piece, the same way at all times.

  Args:
    name: 'chorales', the four-part chorales of Bach; 'tunes', dance tunes;
      'essen', folk songs, for non-commercial use; 'palestrina', movements of
      masses, whose rights are reserved; or a path: a folder of MIDI files, or
      one of them; or a dataset made by `experiments.prepare` or a benchmark
      file, which bring their own splits. Of few pieces see `with_all_splits`.

  Raises:
    UserError: there is no such corpus, or nothing in it can be used.
  """
  if name == 'chorales':
    return split_pieces(chorales.load(), chorales.NEAR_DUPLICATES)
  if name in _PACKAGED:
    return with_all_splits(name, _PACKAGED[name]())
  path = pathlib.Path(name)
  if dataset.is_dataset(path):
    # Where few pieces move they are kept in memory.
    return with_all_splits(name, dataset.open(path))
  if path.is_dir() or path.is_file() and path.suffix.lower() in folder.SUFFIXES:
    return with_all_splits(name, split_pieces(folder.load(path)))
  if path.suffix in benchmarks.SUFFIXES:
    if path.is_file():
      return benchmarks.load(path)
    raise UserError(f"corpus '{name}': no such file; {benchmarks.WHERE}")
  missing = '' if path.exists() else ': there is no such path'
  raise UserError(f"corpus '{name}'{missing}; {_ACCEPTED}")


def load_sounds(name: str) -> Corpus:
  """Loads a folder of sound files, or one, and splits it as `load` does.

  Raises:
    UserError: there is no such path, or nothing in it can be used.
  """
  path = pathlib.Path(name)
  is_sound = path.is_file() and path.suffix.lower() in recordings.SUFFIXES
  if not (path.is_dir() or is_sound):
    raise UserError(
      f"corpus '{name}': this model is of audio: give --config.corpus=FOLDER "
      f'of sound files ({", ".join(recordings.SUFFIXES)})'
    )
  return recordings.load(path)
