"""A folder of MIDI files as a corpus; unreadable files are reported."""

import os
import pathlib
import sys

from musiczoo.data.corpus import Piece
from musiczoo.errors import UserError
from musiczoo.music import midi

SUFFIXES = ('.mid', '.midi', '.kar')


def load(path: pathlib.Path) -> list[Piece]:
  """The MIDI files in a folder and the folders in it, in order of their names.

  Files that can't be read or have no notes are left out; one line on stderr
  counts them and names the first.

  Raises:
    UserError: there is nothing to use.
  """
  files = names(path, SUFFIXES)
  if not files:
    raise UserError(
      f"corpus '{path}' has no MIDI files ({', '.join(SUFFIXES)}): give a folder "
      'that has; sound files are for experiments/configs/audio.py'
    )
  pieces, failures = [], []
  for name in files:
    try:
      piece = Piece(name, midi.read(path / name))
    except midi.MidiError as error:
      failures.append(str(error))
      continue
    if len(piece.score.notes):
      pieces.append(piece)
    else:
      failures.append(f'{path / name} has no notes')
  if not pieces:
    raise UserError(
      f"corpus '{path}': none of its {len(files)} MIDI files can be used, the "
      f'first because {failures[0]}'
    )
  if failures:
    print(
      f"corpus '{path}': {len(failures)} of {len(files)} MIDI files left out, "
      f'the first because {failures[0]}',
      file=sys.stderr,
    )
  return pieces


def names(path: pathlib.Path, suffixes: tuple[str, ...] = ('',)) -> list[str]:
  """The files in a folder and the folders in it, sorted.

  Names are relative to the folder, with forward slashes on any system.
  """
  return sorted(
    (pathlib.Path(root) / file).relative_to(path).as_posix()
    for root, _, files in os.walk(path)
    for file in files
    if file.lower().endswith(suffixes)
  )
