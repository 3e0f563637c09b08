"""A Score from and to a file of MIDI, MusicXML, ABC or kern, by its suffix."""

import logging
import os

from musiczoo.errors import UserError
from musiczoo.music import midi, musicxml, notation
from musiczoo.music.midi import guard
from musiczoo.music.score import Score

log = logging.getLogger(__name__)


def read(path: str | os.PathLike) -> Score:
  """Reads a file of MIDI, or of notation: MusicXML, ABC or kern.

  What can't be read of notation is left out, which is logged.

  Raises:
    UserError: it cannot be read.
  """
  origin = os.fspath(path)
  if notation.suffix(origin) not in notation.FORMATS:
    return midi.read(origin)
  data = guard.load(origin, guard.LIMITS)
  if notation.suffix(origin) == '.abc' and len(notation.tunes(data)) > 1:
    raise UserError(
      f'{origin} has {len(notation.tunes(data))} tunes: give a file of one'
    )
  try:
    score, repairs = notation.read_report(origin, data, guard.LIMITS)
  except notation.NotationError as error:
    raise UserError(f'{origin} {notation.REJECTED[error.code]}') from error
  except midi.MidiError as error:
    error.path = origin
    raise
  for code, number in repairs.items():
    log.warning('%s: %d times %s', origin, number, notation.REPAIRED[code])
  return score


def write(score: Score, path: str | os.PathLike) -> None:
  """Writes a file of MIDI or MusicXML, whole or not at all.

  Raises:
    UserError: the suffix is of neither, or it can't be written.
  """
  writers = {'.mid': midi.write, '.musicxml': musicxml.write}
  suffix = notation.suffix(os.fspath(path))
  if suffix not in writers:
    raise UserError(f'{path}: give a name that ends in {" or ".join(writers)}')
  writers[suffix](score, path)
