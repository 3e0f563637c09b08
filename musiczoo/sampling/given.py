"""Music that is given to a model: a Score or a Sound, and where it comes from."""

import logging
import os
from typing import NamedTuple

from musiczoo.errors import UserError
from musiczoo.music import audio, metre, midi, notation
from musiczoo.music.audio import Sound
from musiczoo.music.midi import guard
from musiczoo.music.score import end, Score

log = logging.getLogger(__name__)


class Given(NamedTuple):
  """Music of a file.

  Attributes:
    music: what it holds.
    origin: the file, for messages.
    length: tick at which it ends; later than its last note if a rest follows.
  """

  music: Score | Sound
  origin: str
  length: int = 0


def read(path: str | os.PathLike, *, is_audio: bool = False) -> Given:
  """Reads a file of MIDI, MusicXML or ABC, or an audio file.

  What can't be read of notation is left out, which is logged.

  Raises:
    UserError: it cannot be read.
  """
  origin = os.fspath(path)
  if is_audio:
    return Given(audio.read(origin), origin)
  if notation.suffix(origin) in notation.FORMATS:
    score = _read_notation(origin)
    return Given(
      score, origin, int(metre.bars(score)[-1])
    )  # Its bars are full.
  score = midi.read(origin)
  return Given(score, origin, max(midi.last_tick(origin), end(score)))


def _read_notation(origin):
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
