"""Notes of one track as voices of chords."""

from typing import NamedTuple

import numpy as np

from musiczoo.music.score import DURATION, ONSET, PITCH


class Chord(NamedTuple):
  """Notes that begin and end together; one pitch if it is a single note."""

  start: int
  end: int
  pitches: tuple[int, ...]


def voices(notes: np.ndarray) -> list[list[Chord]]:
  """The notes of a track in as few voices as its overlaps allow.

  Notes of equal onset and duration form a chord. Each chord goes to the first
  voice that is free, the higher one first where several begin together.

  Args:
    notes: those of one track, as in `Score.notes`.

  Returns:
    At least one voice: chords that do not overlap, in order.
  """
  chords = sorted(
    _chords(notes), key=lambda c: (c.start, -max(c.pitches), c.end)
  )
  found = [[]]
  for chord in chords:
    free = (v for v in found if not v or v[-1].end <= chord.start)
    voice = next(free, None)
    if voice is None:
      found.append(voice := [])
    voice.append(chord)
  return found


def _chords(notes):
  """Chords of distinct pitches; a note struck twice at once is in two."""
  groups = {}
  for onset, duration, pitch in notes[:, [ONSET, DURATION, PITCH]].tolist():
    copies = groups.setdefault((onset, onset + duration), [[]])
    for copy in copies:
      if pitch not in copy:
        copy.append(pitch)
        break
    else:
      copies.append([pitch])
  for (start, end), copies in groups.items():
    for pitches in copies:
      yield Chord(start, end, tuple(sorted(pitches)))
