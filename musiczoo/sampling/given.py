"""Music that is given to a model: a Score or a Sound, and where it comes from."""

import os
from typing import NamedTuple

from musiczoo.music import audio, metre, midi, notation, score_files
from musiczoo.music.audio import Sound
from musiczoo.music.score import end, Score


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

  Raises:
    UserError: it cannot be read.
  """
  origin = os.fspath(path)
  if is_audio:
    return Given(audio.read(origin), origin)
  score = score_files.read(origin)
  if notation.suffix(origin) in notation.FORMATS:  # Its bars are full.
    return Given(score, origin, int(metre.bars(score)[-1]))
  return Given(score, origin, max(midi.last_tick(origin), end(score)))
