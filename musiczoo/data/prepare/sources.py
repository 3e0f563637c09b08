"""The music files of a folder or archive, or one, found without parsing them.

A file is music by its suffix or by its first bytes. The rest is only counted.
"""

from collections import Counter
from collections.abc import Iterator
import os
import pathlib

from musiczoo.data.corpora.folder import is_ghost, names
from musiczoo.data.prepare.scan import Source
from musiczoo.errors import UserError
from musiczoo.music import notation
from musiczoo.music.midi import archives, guard, Limits, MidiError

HEAD = 1024  # Bytes by which a file is recognised.
SUFFIXES = ('.mid', '.midi', '.kar', '.rmi', '.abc', '.mxl', '.musicxml')


def find(
  path: pathlib.Path, limits: Limits, ignored: Counter
) -> tuple[Iterator[Source], int | None]:
  """The files of music in a folder or archive.

  Args:
    path: a folder, searched with all folders in it; or a zip or tar archive; or
      a file of music.
    limits: the cap on the bytes of a file.
    ignored: counts the files that are no music by suffix, added to in place
      as the Sources are drawn. What macOS adds to each file is none.

  Returns:
    Sources, of a folder in the order of their names, of an archive in its own;
    and how many files there are to look at, each tune of a book of ABC counted
    as one, None of an archive.

  Raises:
    UserError: `path` is none of these. A MidiError, on the way, if an archive is not
      sound.
  """
  if path.is_dir():
    listed = names(path)
    # Sources are made twice, as they are drawn: of very many files the names
    # alone fill memory.
    total = sum(_num_pieces(s, limits) for s in _in_folder(path, listed))
    return _music(_in_folder(path, listed), limits, ignored), total
  if not path.exists():
    raise UserError(f'{path}: no such folder or archive')
  alone = Source(path.name, str(path))
  if _is_music(alone, notation.suffix(path.name)):
    return _music([alone], limits, ignored), 1
  return _music(_in_archive(path, limits), limits, ignored), None


def _in_folder(path, listed):
  return (Source(name, os.path.join(path, name)) for name in listed)


def _in_archive(path, limits):
  for name, load in archives.members(path, limits):
    try:
      source = Source(name, data=load())
    except MidiError as error:
      source = Source(name, refused=error.code)
    yield source


def _music(found, limits, ignored):
  """Those of the files that are music, each tune of a file of ABC by itself."""
  for source in found:
    suffix = notation.suffix(source.name)
    if not _is_music(source, suffix):
      ignored[suffix] += 1
    elif suffix == '.abc' and not source.refused:
      yield from _tunes(source, limits)
    else:
      yield source


def _is_music(source, suffix):
  """By the suffix or, where that can be anything, by the first bytes."""
  if is_ghost(source.name):
    return False
  if suffix in SUFFIXES:
    return True
  # Of all that ends in .xml, a score is marked near its beginning.
  if suffix == '.xml':
    return b'<score-' in _head(source)
  return _head(source).startswith(b'MThd')


def _head(source):
  if source.path is None:
    return source.data[:HEAD]
  try:
    with guard.open_file(source.path) as file:
      return file.read(HEAD)
  except (MidiError, OSError):
    return b''


def _num_pieces(source, limits):
  if notation.suffix(source.name) != '.abc':
    return 1
  try:
    return len(_load_tunes(source, limits))
  except MidiError:  # It is reported when its turn comes.
    return 1


def _tunes(source, limits):
  """Each tune of a file of ABC, which may hold many, as a Source."""
  name = source.name
  try:
    tunes = _load_tunes(source, limits)
  except MidiError as error:
    yield Source(name, refused=error.code)
    return
  for number, tune in enumerate(tunes, 1):
    part = f'{name[:-4]}#{number}{name[-4:]}' if len(tunes) > 1 else name
    yield Source(part, data=tune)


def _load_tunes(source, limits):
  data = guard.load(source.path, limits) if source.path else source.data
  limits.check('bytes', len(data))  # Beyond it the book was not read on.
  return notation.tunes(data)
