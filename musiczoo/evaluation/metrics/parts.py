"""Parts: the voices of a Score on a grid of sixteenths, and how they move."""

from typing import NamedTuple

import numpy as np

from musiczoo.music import score as score_lib
from musiczoo.music.quantize import quantize
from musiczoo.music.score import DURATION, ONSET, Score
from musiczoo.representations import voices
from musiczoo.representations.cells import rasterize_line

BEAT = 4  # Steps to a quarter note.
BAR = 4 * BEAT  # Of 4/4, whatever the meter: to compare music by its amount.


class Parts(NamedTuple):
  """V monophonic voices, the highest first, of T sixteenths.

  Attributes:
    pitch: int64 [T, V], MIDI pitch; -1 is a rest.
    begins: bool [T, V], whether a note begins.
    phrase_ends: int64 [P], the steps at which phrases end, exclusive.
  """

  pitch: np.ndarray
  begins: np.ndarray
  phrase_ends: np.ndarray

  @property
  def is_full(self) -> np.ndarray:
    """Whether all voices sound: bool [T]."""
    return (self.pitch >= 0).all(axis=1)

  @property
  def chords(self) -> np.ndarray:
    """The steps at which any note begins, ascending: int64 [C]."""
    return np.flatnonzero(self.begins.any(axis=1))

  @property
  def end(self) -> int:
    """The step at which the last note ends."""
    sounding = np.flatnonzero((self.pitch >= 0).any(axis=1))
    return int(sounding[-1]) + 1 if len(sounding) else 0


class Changes(NamedTuple):
  """From one chord to the next, where all voices sound and any moves.

  Attributes:
    step: int64 [N], of the second chord.
    before, after: int64 [N, V], the pitches of both.
  """

  step: np.ndarray
  before: np.ndarray
  after: np.ndarray

  @property
  def motion(self) -> np.ndarray:
    """Semitones that each voice moves: int64 [N, V]."""
    return self.after - self.before


class Moves(NamedTuple):
  """From one note of a voice to the next, without a rest between.

  Attributes:
    begin: int64 [M], the step of the first note.
    step: int64 [M], that of the second.
    voice: int64 [M].
    motion: int64 [M], semitones; 0 repeats the pitch.
  """

  begin: np.ndarray
  step: np.ndarray
  voice: np.ndarray
  motion: np.ndarray


def parts(score: Score) -> Parts:
  """The voices of a Score that have notes.

  Raises:
    ValueError: a track begins two notes at once, so it is no voice.
  """
  notes = score.notes[score_lib.pitched(score)]
  if voices.split_parts(notes, score.tracks) is None:
    raise ValueError('a track begins two notes at once')
  score = quantize(score, BEAT)
  notes = score.notes[score_lib.pitched(score)]
  found = voices.order_parts(notes, score.tracks)
  found = [part for part in found if len(part)] or found[:1]
  steps = int((notes[:, ONSET] + notes[:, DURATION]).max(initial=0))
  lines = [rasterize_line(part, steps, 0) for part in found]
  symbol, bit = (np.stack(rows, axis=1) for rows in zip(*lines))
  return Parts(
    pitch=symbol.astype(np.int64) - 1,
    begins=bit & (symbol > 0),
    phrase_ends=score.phrase_ends.astype(np.int64),
  )


def changes(parts: Parts) -> Changes:
  """The changes of chord."""
  step = parts.chords
  before, after = parts.pitch[step[:-1]], parts.pitch[step[1:]]
  is_full = parts.is_full
  kept = is_full[step[:-1]] & is_full[step[1:]] & (before != after).any(axis=1)
  return Changes(step[1:][kept], before[kept], after[kept])


def moves(parts: Parts) -> Moves:
  """The melodic moves, voice by voice."""
  voice, step = np.nonzero(parts.begins.T)
  rests = np.cumsum(parts.pitch < 0, axis=0)
  begin, after = step[:-1], step[1:]
  same = voice[:-1] == voice[1:]
  rested = rests[after, voice[1:]] > rests[begin, voice[:-1]]
  kept = same & ~rested
  begin, after, voice = begin[kept], after[kept], voice[1:][kept]
  motion = parts.pitch[after, voice] - parts.pitch[begin, voice]
  return Moves(begin, after, voice, motion)
