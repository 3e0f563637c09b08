"""The staves of a track: their clefs and voices."""

from typing import NamedTuple

import numpy as np

from musiczoo.music.musicxml.voices import Chord, voices
from musiczoo.music.score import PITCH, Track

_MIDDLE_C = 60
_KEYBOARDS = {*range(8), *range(16, 24)}  # Programs: pianos, organs.
_TENORS = {*range(24, 32), *range(52, 55)}  # Guitars, choirs.
_VOICES = 4  # Of a staff, in MuseScore.


class Clef(NamedTuple):
  """A clef: sign, line, octaves of transposition, pitch of the middle line."""

  sign: str
  line: int
  octaves: int
  middle: int


_TREBLE, _BASS = Clef('G', 2, 0, 71), Clef('F', 4, 0, 50)
_TENOR = Clef('G', 2, -1, 59)
_PERCUSSION = Clef('percussion', 2, 0, 71)


class Staff(NamedTuple):
  """One staff.

  Attributes:
    number: 1, or 2 for the lower one of two.
    clef: at its beginning.
    voices: the chords of each voice, in order, by its number in the part.
  """

  number: int
  clef: Clef
  voices: dict[int, list[Chord]]


def staves(track: Track, notes: np.ndarray) -> list[Staff]:
  """One staff; of a keyboard that plays far above and below middle C two.

  Args:
    track: the instrument.
    notes: its notes, as in `Score.notes`.
  """
  pitch = notes[:, PITCH]
  if track.drums:
    return [_staff(1, _PERCUSSION, notes, 1)]
  low, high = pitch.min(initial=127), pitch.max(initial=0)
  if track.program in _KEYBOARDS and low < _MIDDLE_C - 4 < high - 9:
    upper = _staff(1, _TREBLE, notes[pitch >= _MIDDLE_C], 1)
    first = max(len(upper.voices), _VOICES) + 1
    return [upper, _staff(2, _BASS, notes[pitch < _MIDDLE_C], first)]
  clefs = [_TREBLE, _BASS] + [_TENOR] * (track.program in _TENORS)
  mean = pitch.mean() if len(pitch) else _TREBLE.middle
  clef = min(clefs, key=lambda c: abs(mean - c.middle))
  return [_staff(1, clef, notes, 1)]


def _staff(number, clef, notes, first):
  return Staff(number, clef, dict(enumerate(voices(notes), first)))
