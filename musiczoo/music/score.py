"""Score: the notes of one piece as an integer array, its tracks and changes."""

from collections.abc import Callable
import os
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

# Columns of `Score.notes`.
ONSET, DURATION, PITCH, VELOCITY, TRACK = range(5)


class Track(NamedTuple):
  """One instrument: General MIDI program 0..127, or a drum kit."""

  program: int = 0
  drums: bool = False
  name: str = ''


class Score(NamedTuple):
  """One piece. Times are ticks, `resolution` of them to a quarter note.

  Attributes:
    notes: int32 [N, 5], the columns onset, duration, pitch, velocity, track.
    tracks: the instruments that `notes[:, TRACK]` points into.
    tempi: int32 [K, 2], tick and microseconds per quarter note.
    meters: int32 [K, 3], tick, numerator, denominator. A bar begins at each.
    keys: int32 [K, 3], tick, sharps (negative: flats, -7..7), minor (0 or 1).
    resolution: ticks per quarter note, 1..32767.
    phrase_ends: int32 [P], ascending ticks at which phrases end, such as those
      at which a note under a fermata ends. MIDI files do not keep them.
  """

  notes: np.ndarray
  tracks: tuple[Track, ...] = (Track(),)
  tempi: np.ndarray = np.zeros((0, 2), np.int32)
  meters: np.ndarray = np.zeros((0, 3), np.int32)
  keys: np.ndarray = np.zeros((0, 3), np.int32)
  resolution: int = 480
  phrase_ends: np.ndarray = np.zeros(0, np.int32)

  @classmethod
  def read(cls, path: str | os.PathLike) -> 'Score':
    """A file of MIDI, MusicXML or ABC, as of `score_files.read`."""
    from musiczoo.music import score_files  # It imports this file.

    return score_files.read(path)

  def write(self, path: str | os.PathLike) -> None:
    """Writes a file of MIDI or MusicXML, as of `score_files.write`."""
    from musiczoo.music import score_files

    score_files.write(self, path)

  def __repr__(self) -> str:
    names = ', '.join(track.name or str(track.program) for track in self.tracks)
    return (
      f'<Score: {len(self.notes)} notes, {end(self) / self.resolution:g} quarter '
      f'notes, {len(self.tracks)} tracks ({names[:60]})>'
    )


def end(score: Score) -> int:
  """The tick at which the last note ends; 0 for an empty Score."""
  ends = score.notes[:, ONSET] + score.notes[:, DURATION]
  return int(ends.max(initial=0))


def equal(a: Score, b: Score) -> bool:
  """Whether two Scores agree in every tick, value and name."""
  arrays = ('notes', 'tempi', 'meters', 'keys', 'phrase_ends')
  return (a.tracks, a.resolution) == (b.tracks, b.resolution) and all(
    np.array_equal(getattr(a, n), getattr(b, n)) for n in arrays
  )


def to_notes(
  onset: ArrayLike,
  duration: ArrayLike,
  pitch: ArrayLike,
  velocity: ArrayLike,
  track: ArrayLike,
) -> np.ndarray:
  """`Score.notes` from its columns, each [N] or a number: int32 [N, 5]."""
  columns = np.broadcast_arrays(onset, duration, pitch, velocity, track)
  return np.stack(columns, axis=1).astype(np.int32)


def map_changes(
  score: Score, function: Callable[[np.ndarray], np.ndarray]
) -> Score:
  """The Score with `function` applied to its tempi, meters and keys."""
  return score._replace(
    tempi=function(score.tempi),
    meters=function(score.meters),
    keys=function(score.keys),
  )


def canonical(score: Score) -> Score:
  """The normal form of a Score: Scores of the same music have the same.

  Notes last at least a tick and are sorted by onset, track, pitch, duration and
  velocity. On one pitch of one track they end in the order in which they began,
  since a MIDI note off ends the first of two equal notes. Tracks without notes
  are dropped. Of two tempi, meters or keys at one tick the last counts. Phrases
  end after tick 0, each at a tick of its own. Idempotent.
  """
  notes = np.asarray(score.notes, np.int64).reshape(-1, 5)
  used, track = np.unique(notes[:, TRACK], return_inverse=True)
  onset, pitch, velocity = notes[:, ONSET], notes[:, PITCH], notes[:, VELOCITY]
  # Two keys in one integer sort several times faster than two in turn.
  lane = track << 7 | pitch
  ends = onset + np.maximum(notes[:, DURATION], 1)
  begun = np.argsort(lane << 32 | onset, kind='stable')
  paired = np.empty_like(ends)
  paired[begun] = np.sort(lane << 32 | ends) & 0xFFFFFFFF
  duration = paired - onset
  order = np.lexsort((duration << 8 | velocity, onset << 32 | lane))
  return score._replace(
    notes=to_notes(onset, duration, pitch, velocity, track)[order],
    tracks=tuple(score.tracks[i] for i in used),
    tempi=_last_per_tick(score.tempi, 2),
    meters=_last_per_tick(score.meters, 3),
    keys=_last_per_tick(score.keys, 3),
    phrase_ends=_positive(score.phrase_ends),
  )


def pitched(score: Score) -> np.ndarray:
  """Which notes are on pitched tracks, not on drums: bool [N]."""
  drums = np.array([track.drums for track in score.tracks], bool)
  return ~drums[score.notes[:, TRACK]]


def pitch_range(score: Score) -> tuple[int, int] | None:
  """The lowest and highest pitch, drums excluded; None if there is none."""
  pitch = score.notes[pitched(score), PITCH]
  return (int(pitch.min()), int(pitch.max())) if len(pitch) else None


def _positive(ticks):
  ticks = np.unique(np.asarray(ticks, np.int32))
  return ticks[ticks > 0]


def _last_per_tick(changes, width):
  changes = np.asarray(changes, np.int32).reshape(-1, width)
  changes = changes[np.argsort(changes[:, 0], kind='stable')]
  last = np.append(changes[1:, 0] != changes[:-1, 0], True)
  return changes[last[: len(changes)]]
