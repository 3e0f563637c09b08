"""Names of pitches in a key, and the accidentals that are written.

A pitch is spelled by its place on the line of fifths: ... Bb F C G D A E B F#
..., where C is 0 (Temperley 2001, The Cognition of Basic Musical Structures,
chapter 5).
"""

from typing import NamedTuple

from musiczoo.music import harmony
from musiczoo.music.score import Score

_LETTERS = 'FCGDAEB'  # From -1 on.
# The span of twelve fifths that chromatic notes are taken from, relative to the
# tonic. In major: from the lowered third to the raised fifth, so that leading
# notes to the second, fifth and sixth degree are raised. In minor: from the
# lowered second to the raised fourth; the sixth and seventh are raised.
_LOWEST = {0: -3, 1: -5}
_NAMES = {
  -2: 'flat-flat',
  -1: 'flat',
  0: 'natural',
  1: 'sharp',
  2: 'double-sharp',
}


class Signature(NamedTuple):
  """A key signature: sharps (negative: flats) and whether it is minor."""

  sharps: int = 0
  minor: int = 0


class Name(NamedTuple):
  """A spelled pitch: letter, semitones of its accidental, octave (C4: 4)."""

  step: str
  alter: int
  octave: int


def estimated(score: Score) -> Signature:
  """The signature of the key that `harmony.key` estimates; C if it has none."""
  key = harmony.key(score)
  return Signature() if key is None else Signature(key.sharps, key.minor)


def spell(pitch: int, signature: Signature) -> Name:
  """The name of a MIDI pitch in a key."""
  tonic = signature.sharps + 3 * signature.minor
  lowest = tonic + _LOWEST[signature.minor]
  place = lowest + (7 * pitch - lowest) % 12
  alter = (place + 1) // 7
  return Name(_LETTERS[(place + 1) % 7], alter, (pitch - alter) // 12 - 1)


def in_signature(step: str, sharps: int) -> int:
  """The alteration of a letter by a signature: -1, 0 or 1."""
  place = _LETTERS.index(step)
  return int(place < sharps) - int(place >= 7 + sharps)


class Accidentals:
  """Which accidentals a bar needs; one object for each part and bar."""

  def __init__(self, sharps: int):
    self._sharps = sharps
    self._valid = {}

  def needed(self, name: Name, *, tied: bool) -> str | None:
    """The accidental of the next note of the bar, as MusicXML names it.

    Args:
      name: of the note.
      tied: whether it only prolongs the note before, which needs none.
    """
    place = name.step, name.octave
    valid = self._valid.get(place, in_signature(name.step, self._sharps))
    if tied or name.alter == valid:
      return None
    self._valid[place] = name.alter
    return _NAMES[name.alter]
