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
from musiczoo.data.splits import (
  ALL,
  HASH,
  split_corpus,
  warn_of_all,
  with_all_splits,
)
from musiczoo.errors import UserError

__all__ = ['has_split', 'load', 'load_sounds']

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


def load(name: str, split: str = HASH) -> Corpus:
  """Loads a corpus and splits it by piece, the same way at all times.

  Args:
    name: 'chorales', the four-part chorales of Bach; 'tunes', dance tunes;
      'essen', folk songs, for non-commercial use; 'palestrina', movements of
      masses, whose rights are reserved; or a path: a folder of MIDI files, or
      one of them; or a dataset made by `experiments.prepare` or a benchmark
      file, which bring their own splits. Of few pieces see `with_all_splits`.
    split: of `splits.Rule`. A dataset keeps its own split or is not split at
      all; a benchmark file, and a corpus of the music21 package other than the
      chorales, keep their own.

  Raises:
    UserError: there is no such corpus, nothing in it can be used, or it can't be
      split in this way.
  """
  if name == 'chorales':
    pieces = chorales.load()
    return split_corpus(name, pieces, split, chorales.NEAR_DUPLICATES)
  if name in _PACKAGED:
    if split != HASH:
      raise UserError(
        f"--config.split={split}: corpus '{name}' has a split that keeps variants "
        'together: give hash'
      )
    return with_all_splits(name, _PACKAGED[name]())
  path = pathlib.Path(name)
  if has_split(name):
    _check_keeps_split(name, path, split)
  if dataset.is_dataset(path):
    if split == ALL:
      warn_of_all(name)
      return dataset.open(path, is_split=False)
    # Where few pieces move they are kept in memory.
    return with_all_splits(name, dataset.open(path))
  if path.is_dir() or path.is_file() and path.suffix.lower() in folder.SUFFIXES:
    return split_corpus(name, folder.load(path), split)
  if path.suffix in benchmarks.SUFFIXES:
    if path.is_file():
      return benchmarks.load(path)
    raise UserError(f"corpus '{name}': no such file; {benchmarks.WHERE}")
  missing = '' if path.exists() else ': there is no such path'
  raise UserError(f"corpus '{name}'{missing}; {_ACCEPTED}")


def has_split(name: str) -> bool:
  """Whether a corpus brings its own split."""
  path = pathlib.Path(name)
  return (
    name in _PACKAGED
    or dataset.is_dataset(path)
    or (path.suffix in benchmarks.SUFFIXES and path.is_file())
  )


def _check_keeps_split(name, path, split):
  if dataset.is_dataset(path):
    if split not in (HASH, ALL):
      raise UserError(
        f"--config.split={split}: corpus '{name}' has the split that prepare "
        f'made: give hash or all, or make it anew by prepare --split={split}'
      )
  elif split != HASH:
    raise UserError(
      f"--config.split={split}: corpus '{name}' has a published split: give "
      'hash, which keeps it'
    )


def load_sounds(name: str, split: str = HASH) -> Corpus:
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
  return recordings.load(path, split)
