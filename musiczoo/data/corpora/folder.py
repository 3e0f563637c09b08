"""MIDI files, a folder or one, as a corpus; unreadable files are reported."""

import logging
import os
import pathlib

from musiczoo.data.corpus import Piece
from musiczoo.errors import UserError
from musiczoo.music import midi

log = logging.getLogger(__name__)

SUFFIXES = ('.mid', '.midi', '.kar')


def load(path: pathlib.Path) -> list[Piece]:
  """The MIDI files in a folder and the folders in it, in order of their names.

  A single file is a corpus of one piece. Files that can't be read or have no
  notes are left out, which is logged.

  Raises:
    UserError: there is nothing to use.
  """
  root, files = listing(path, SUFFIXES)
  if not files:
    raise UserError(
      f"corpus '{path}' has no MIDI files ({', '.join(SUFFIXES)}): give a folder "
      'that has; sound files are for experiments/configs/audio.py'
    )
  pieces, failures = [], []
  for name in files:
    try:
      piece = Piece(name, midi.read(root / name))
    except midi.MidiError as error:
      failures.append(str(error))
      continue
    if len(piece.score.notes):
      pieces.append(piece)
    else:
      failures.append(f'{root / name} has no notes')
  if not pieces:
    raise UserError(
      f"corpus '{path}': none of its {len(files)} MIDI files can be used, the "
      f'first because {failures[0]}'
    )
  if failures:
    log.warning(
      "corpus '%s': %d of %d MIDI files left out, the first because %s",
      *(path, len(failures), len(files), failures[0]),
    )
  return pieces


def listing(
  path: pathlib.Path, suffixes: tuple[str, ...]
) -> tuple[pathlib.Path, list[str]]:
  """A folder and the `names` in it, without ghosts; of a file, its folder."""
  if path.is_file():
    return path.parent, [path.name]
  return path, [name for name in names(path, suffixes) if not is_ghost(name)]


def names(path: pathlib.Path, suffixes: tuple[str, ...] = ('',)) -> list[str]:
  """The files in a folder and the folders in it, sorted.

  Links to folders are followed, but no folder is listed twice: a file has the
  name that leads to it without a link, if there is one. A folder that can't be
  read is left out, which is logged.

  Returns:
    names relative to the folder, with forward slashes on any system.
  """
  found, seen, folders = [], set(), [os.fspath(path)]
  while folders:
    for root, inner, files in os.walk(folders.pop(0), onerror=_report):
      real = os.path.realpath(root)
      if real in seen:
        inner.clear()
        continue
      seen.add(real)
      inner.sort()
      links = (os.path.join(root, name) for name in inner)
      folders += filter(os.path.islink, links)
      found += [
        pathlib.Path(root, file).relative_to(path).as_posix()
        for file in files
        if file.lower().endswith(suffixes)
      ]
  return sorted(found)


def is_ghost(name: str) -> bool:
  """Whether macOS made a file beside one of the user: it holds no music."""
  parts = name.split('/')
  return '__MACOSX' in parts[:-1] or parts[-1].startswith('._')


def _report(error):
  log.warning(
    'left out %s: %s; check its permissions', error.filename, error.strerror
  )
