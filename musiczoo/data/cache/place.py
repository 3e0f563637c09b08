"""Where the cached arrays of a corpus are kept."""

import hashlib
import os
import pathlib

from musiczoo.music.files import cache_folder


def place(corpus: pathlib.Path, name: str) -> pathlib.Path:
  """The folder of a cache: beside the corpus, if it can be written there.

  That of a corpus on a read-only disk is in the user's cache folder, unless one
  was made beside it before.

  Args:
    corpus: a folder.
    name: of the cache, which says what it was made of.
  """
  beside = corpus / 'encoded'
  owner = beside if beside.exists() else corpus
  if (beside / name).exists() or os.access(owner, os.W_OK | os.X_OK):
    return beside / name
  digest = hashlib.sha256(os.fsencode(os.path.realpath(corpus))).hexdigest()
  return cache_folder() / 'encoded' / digest[:16] / name
