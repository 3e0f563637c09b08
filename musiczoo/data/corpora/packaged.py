"""Corpora in the music21 package: their files, parsed once and then cached."""

from collections.abc import Callable, Iterable, Mapping, Sequence
import concurrent.futures
import hashlib
import importlib.metadata
import importlib.util
import logging
import multiprocessing
import os
import pathlib
import shutil

from musiczoo.data import dataset
from musiczoo.data.corpus import Piece
from musiczoo.data.progress import progress
from musiczoo.errors import UserError
from musiczoo.music.files import cache_folder

log = logging.getLogger(__name__)

LEFT_OUT = 'left_out.txt'  # A line for each piece that can't be read.


def files(corpus: str, folder: str, suffix: str) -> list[pathlib.Path]:
  """The files in a folder of music21's corpus, found without importing it.

  Raises:
    UserError: music21 is not installed, or without its corpus.
  """
  found = importlib.util.find_spec('music21')
  if found is None:
    raise UserError(
      f"corpus '{corpus}' is read from the music21 package: "
      "install the extra 'corpora', pip install music21"
    )
  path = pathlib.Path(found.origin).parent / 'corpus' / folder
  files = sorted(path.glob(f'*{suffix}'))
  if not files:
    raise UserError(
      f"corpus '{corpus}': {path} has no {suffix} files: install music21 with "
      'its corpus, pip install --force-reinstall music21'
    )
  return files


def parsed(
  parse: Callable, items: Sequence, label: str, unit: str = 'files'
) -> list:
  """parse(item) of each in order, by workers, with a bar of progress."""

  def shown(results):
    return list(progress(results, len(items), label, unit))

  # Not forked: a process that runs JAX has threads, which a fork would lose.
  context = multiprocessing.get_context('spawn')
  try:
    with concurrent.futures.ProcessPoolExecutor(mp_context=context) as pool:
      return shown(pool.map(parse, items, chunksize=8))
  except concurrent.futures.BrokenExecutor:
    # Workers import the main program, which one read from stdin or without
    # `if __name__ == '__main__'` doesn't survive.
    return shown(map(parse, items))


def cached(
  corpus: str,
  depends_on: Iterable[pathlib.Path],
  make: Callable[[list[str]], Mapping[str, Sequence[Piece]]],
) -> Mapping[str, Sequence[Piece]]:
  """The splits of a corpus, kept as a dataset in the user's cache folder.

  A line on stderr reports a cache that is damaged, and is made anew, one that
  can't be written, and what was left out.

  Args:
    corpus: its name.
    depends_on: the files of music and of code by which a cache is known,
      beside music21's version.
    make: its argument is a list, to which it adds a line for each piece that
      can't be read -> the pieces of each split.
  """
  key = hashlib.sha256(importlib.metadata.version('music21').encode())
  for file in depends_on:
    key.update(file.read_bytes())
  cache = cache_folder() / f'{corpus}-{key.hexdigest()[:16]}'
  try:
    if os.path.exists(cache):
      return _opened(corpus, cache)
  except UserError as error:
    log.warning('%s (done now)', error)
    shutil.rmtree(cache, ignore_errors=True)
  left_out: list[str] = []
  splits = make(left_out)
  try:
    with dataset.creating(cache) as (writer, folder):
      for split, pieces in splits.items():
        for piece in pieces:
          writer.add(piece, split)
      lines = [f'{line}\n' for line in left_out]
      (folder / LEFT_OUT).write_text(''.join(lines), encoding='utf-8')
  except UserError as error:
    log.warning("corpus '%s' is not kept: %s, by XDG_CACHE_HOME", corpus, error)
    _report(corpus, left_out, '')
    return splits
  return _opened(corpus, cache)


def _opened(corpus, cache):
  splits = dataset.open(cache)
  lines = (cache / LEFT_OUT).read_text(encoding='utf-8').splitlines()
  _report(corpus, lines, f'; all are named in {cache / LEFT_OUT}')
  return splits


def _report(corpus, left_out, where):
  if left_out:
    log.warning(
      "corpus '%s': %d left out: %s%s",
      *(corpus, len(left_out), '; '.join(left_out[:5]), where),
    )
