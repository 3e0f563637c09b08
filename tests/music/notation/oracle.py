"""The notes of music21's own streams, by its own expansion of repeats."""

from fractions import Fraction
import warnings

import music21
from music21.chord import ChordBase
from music21.harmony import Harmony
import numpy as np

from musiczoo.music.notation.tracks import RESOLUTION
from musiczoo.music.score import canonical, Score, Track


def notes(text: str, form: str) -> np.ndarray:
  """Onset, duration and pitch of all notes, sorted: int [N, 3].

  Repeats are played where music21 can expand them. Grace notes and chord
  symbols are left out, and ties merged.
  """
  with warnings.catch_warnings():
    warnings.simplefilter('ignore')
    music = music21.converter.parseData(text, format=form)
    music.toSoundingPitch(inPlace=True)
    try:
      music = music.expandRepeats()
    except music21.exceptions21.Music21Exception:
      pass
  rows = [row for i, part in enumerate(music.parts) for row in _part(part, i)]
  tracks = (Track(),) * len(music.parts)
  return sorted_notes(canonical(Score(np.array(rows), tracks)))


def sorted_notes(score: Score) -> np.ndarray:
  return np.array(sorted(score.notes[:, :3].tolist()))


def _part(part, track):
  rows, held = [], {}
  flat = part.flatten()
  for element in flat.notes:
    if isinstance(element, Harmony) or element.duration.isGrace:
      continue
    onset = Fraction(flat.elementOffset(element))
    end = round((onset + Fraction(element.quarterLength)) * RESOLUTION)
    onset = round(onset * RESOLUTION)
    chord = isinstance(element, ChordBase)
    for note in element.notes if chord else [element]:
      tie = note.tie.type if note.tie else ''
      row = (
        held.pop(note.pitch.midi, None) if tie not in ('', 'start') else None
      )
      if row and sum(row[:2]) == onset:
        row[1] = end - row[0]
      else:
        row = [onset, end - onset, note.pitch.midi, 64, track]
        rows.append(row)
      if tie in ('start', 'continue'):
        held[note.pitch.midi] = row
  return rows
