"""The staves of a track: their clefs and voices."""

from typing import NamedTuple

import numpy as np

from musiczoo.music.musicxml.voices import Chord, voices
from musiczoo.music.score import PITCH, Track

_MIDDLE_C = 60
_KEYBOARDS = {*range(8), *range(16, 24)}  # Programs: pianos, organs.
_CHOIRS = {*range(52, 55)}
_TENORS = {*range(24, 32), *_CHOIRS}  # Guitars, choirs.
_TENOR_RANGE = 54, 62  # Mean pitches: below it basses, above it altos.
_VOICES = 4  # Of a staff, in MuseScore.


class Clef(NamedTuple):
  """A clef: sign, line, octaves of transposition."""

  sign: str
  line: int
  octaves: int = 0


_TREBLE, _BASS, _TENOR = Clef('G', 2), Clef('F', 4), Clef('G', 2, -1)
_PERCUSSION = Clef('percussion', 2)
# Of the voices of a choir, by their names.
_OF_VOICES = {
  'soprano': _TREBLE,
  'alto': _TREBLE,
  'tenor': _TENOR,
  'bass': _BASS,
}


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

  Clefs follow the names of the voices of a choir, otherwise the mean of the
  pitches; the treble clef an octave lower is for tenors and guitars.

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
  mean = pitch.mean() if len(pitch) else _MIDDLE_C
  clef = _TREBLE if mean >= _MIDDLE_C else _BASS
  if track.program in _TENORS and _TENOR_RANGE[0] <= mean < _TENOR_RANGE[1]:
    clef = _TENOR
  if track.program in _CHOIRS:
    clef = _OF_VOICES.get(track.name.lower(), clef)
  return [_staff(1, clef, notes, 1)]


def _staff(number, clef, notes, first):
  return Staff(number, clef, dict(enumerate(voices(notes), first)))
