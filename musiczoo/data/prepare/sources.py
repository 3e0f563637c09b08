"""The music files of a folder or an archive, found without parsing them.

A file is music by its suffix or by its first bytes. The rest is only counted.
"""

from collections import Counter
from collections.abc import Iterator
import os
import pathlib

from musiczoo.data.prepare.scan import Source
from musiczoo.errors import UserError
from musiczoo.music import notation
from musiczoo.music.midi import archives, guard, Limits, MidiError

SUFFIXES = ('.mid', '.midi', '.kar', '.rmi', '.abc', '.mxl', '.musicxml')


def find(
  path: pathlib.Path, limits: Limits, ignored: Counter
) -> tuple[Iterator[Source], int | None]:
  """The files of music in a folder or archive.

  Args:
    path: a folder, searched with all folders in it; or a zip or tar archive.
    limits: the cap on the bytes of a file.
    ignored: counts the files that are no music by suffix, added to in place
      as the Sources are drawn.

  Returns:
    Sources, of a folder in the order of their names, of an archive in its own;
    and how many files there are to look at, None of an archive.

  Raises:
    UserError: `path` is neither. A MidiError, on the way, if an archive is not
      sound.
  """
  if path.is_dir():
    names = _names(path)
    return _in_folder(path, names, limits, ignored), len(names)
  if not path.exists():
    raise UserError(f'{path}: no such folder or archive')
  if path.suffix.lower() in SUFFIXES:
    raise UserError(f'{path} is a single file: give the folder it is in')
  return _in_archive(path, limits, ignored), None


def _names(path):
  """Names relative to the folder, with forward slashes on any system."""
  return sorted(
    (pathlib.Path(root) / file).relative_to(path).as_posix()
    for root, _, files in os.walk(path)
    for file in files
  )


def _in_folder(folder, names, limits, ignored):
  for name in names:
    path = folder / name
    if not _is_music(name, lambda path=path: _head(path)):
      ignored[notation.suffix(name)] += 1
    elif notation.suffix(name) == '.abc':
      yield from _tunes(name, lambda path=path: guard.load(path, limits))
    else:
      yield Source(name, str(path))


def _in_archive(path, limits, ignored):
  for name, load in archives.members(path, limits):
    try:
      data, refused = load(), ''
    except MidiError as error:
      data, refused = b'', error.code
    if not _is_music(name, lambda data=data: data[:HEAD]):
      ignored[notation.suffix(name)] += 1
    elif notation.suffix(name) == '.abc' and not refused:
      yield from _tunes(name, lambda data=data: data)
    else:
      yield Source(name, data=data, refused=refused)


HEAD = 1024


def _head(path):
  try:
    with guard.open_file(path) as file:
      return file.read(HEAD)
  except (MidiError, OSError):
    return b''


def _is_music(name, head):
  """By the suffix, or by the first bytes, which `head` gets."""
  suffix = notation.suffix(name)
  if suffix in SUFFIXES:
    return True
  # Of all that ends in .xml, a score is marked near its beginning.
  if suffix == '.xml':
    return b'<score-' in head()
  return head().startswith(b'MThd')


def _tunes(name, load):
  """A file of ABC is often a book of tunes: each counts as a file."""
  try:
    tunes = notation.tunes(load())
  except MidiError as error:
    yield Source(name, refused=error.code)
    return
  if len(tunes) == 1:
    yield Source(name, data=tunes[0])
    return
  for number, tune in enumerate(tunes, 1):
    yield Source(f'{name[:-4]}#{number}{name[-4:]}', data=tune)
