"""Score: the notes of one piece on an integer clock, as NumPy arrays."""

from typing import NamedTuple

import numpy as np

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
  """

  notes: np.ndarray
  tracks: tuple[Track, ...] = (Track(),)
  tempi: np.ndarray = np.zeros((0, 2), np.int32)
  meters: np.ndarray = np.zeros((0, 3), np.int32)
  keys: np.ndarray = np.zeros((0, 3), np.int32)
  resolution: int = 480


def end(score: Score) -> int:
  """The tick at which the last note ends; 0 for an empty Score."""
  ends = score.notes[:, ONSET] + score.notes[:, DURATION]
  return int(ends.max(initial=0))


def equal(a: Score, b: Score) -> bool:
  """Whether two Scores agree in every tick, value and name."""
  arrays = ('notes', 'tempi', 'meters', 'keys')
  return (a.tracks, a.resolution) == (b.tracks, b.resolution) and all(
      np.array_equal(getattr(a, n), getattr(b, n)) for n in arrays
  )


def canonical(score: Score) -> Score:
  """The one way to write a Score that sounds the same.

  Notes last at least a tick and are sorted by onset, track, pitch, duration and
  velocity; on one pitch of one track they end in the order they began (a note
  off of MIDI can't say which of two equal notes it ends: first in, first out);
  silent tracks are gone; of two tempi, meters or keys at one tick the last
  counts. A fixed point: `canonical(canonical(s)) == canonical(s)`.
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
  columns = (onset, duration, pitch, velocity, track)
  notes = np.stack(columns, axis=1).astype(np.int32)
  return score._replace(
      notes=notes[order],
      tracks=tuple(score.tracks[i] for i in used),
      tempi=_last_per_tick(score.tempi, 2),
      meters=_last_per_tick(score.meters, 3),
      keys=_last_per_tick(score.keys, 3),
  )


def quantize(score: Score, steps_per_quarter: int) -> Score:
  """The canonical Score on a grid of `steps_per_quarter` ticks per quarter.

  Onsets and ends move to the nearest grid line (half steps up), so that notes
  which met still meet; a note keeps at least one step. Changes of tempo, meter
  and key move the same way.
  """
  def to_grid(ticks):
    ticks = np.asarray(ticks, np.int64)
    doubled = 2 * ticks * steps_per_quarter + score.resolution
    return (doubled // (2 * score.resolution)).astype(np.int32)

  def move(changes):
    changes = np.array(changes, np.int32)
    changes[:, 0] = to_grid(changes[:, 0])
    return changes

  notes = np.array(score.notes, np.int32).reshape(-1, 5)
  onset = to_grid(notes[:, ONSET])
  notes[:, DURATION] = to_grid(notes[:, ONSET] + notes[:, DURATION]) - onset
  notes[:, ONSET] = onset
  return canonical(
      score._replace(
          notes=notes,
          tempi=move(score.tempi),
          meters=move(score.meters),
          keys=move(score.keys),
          resolution=steps_per_quarter,
      )
  )

def pitched(score: Score) -> np.ndarray:
  """Which notes have a pitch, that is, are not played by drums: bool [N]."""
  drums = np.array([track.drums for track in score.tracks], bool)
  return ~drums[score.notes[:, TRACK]]


def pitch_range(score: Score) -> tuple[int, int] | None:
  """The lowest and highest pitch, drums aside; None if there is none."""
  pitch = score.notes[pitched(score), PITCH]
  return (int(pitch.min()), int(pitch.max())) if len(pitch) else None


def transpose(score: Score, semitones: int) -> Score:
  """Moves pitched tracks and key signatures; drums stay.

  Raises:
    ValueError: if a note would leave the MIDI pitches 0..127.
  """
  notes, keys = score.notes.copy(), score.keys.copy()
  notes[pitched(score), PITCH] += semitones
  if np.any((notes[:, PITCH] < 0) | (notes[:, PITCH] > 127)):
    raise ValueError(f'{semitones:+d} semitones leave the pitches 0..127')
  keys[:, 1] = transpose_sharps(keys[:, 1], semitones)
  return score._replace(notes=notes, keys=keys)


def transpose_sharps(sharps: np.ndarray, semitones: int) -> np.ndarray:
  """Moves key signatures: five flats (-5) to six sharps, or left as they are.

  A semitone up is seven fifths up, and the circle of fifths closes after
  twelve. Whole octaves keep the spelling.
  """
  if semitones % 12 == 0:
    return sharps
  return (sharps + 7 * semitones + 5) % 12 - 5


def crop(score: Score, ticks: int) -> Score:
  """The canonical Score of what sounds before a tick."""
  return cut(score, 0, ticks)


def cut(score: Score, begin: int, end: int) -> Score:
  """The canonical Score of what sounds from `begin` on and before `end`.

  Time begins anew: `begin` is tick 0, and a bar begins there. A note that
  is sounding at `begin` starts there again, but not of drums, whose ringing
  time is not notated. Tempo, meter and key are those in force, and none where no time is.
  """
  notes = np.array(score.notes, np.int32)
  onset = np.maximum(notes[:, ONSET], begin)
  stop = np.minimum(notes[:, ONSET] + notes[:, DURATION], end)
  sounds = (onset < stop) & (pitched(score) | (onset == notes[:, ONSET]))
  notes[:, ONSET], notes[:, DURATION] = onset - begin, stop - onset

  def within(changes):
    changes = np.array(
        changes[(changes[:, 0] < end) & (begin < end)], np.int32
    )
    # Of those that now meet at 0 the last, the one in force, stays.
    changes[:, 0] = np.maximum(changes[:, 0] - begin, 0)
    return changes

  return canonical(
      score._replace(
          notes=notes[sounds],
          tempi=within(score.tempi),
          meters=within(score.meters),
          keys=within(score.keys),
      )
  )


def _last_per_tick(changes, width):
  changes = np.asarray(changes, np.int32).reshape(-1, width)
  changes = changes[np.argsort(changes[:, 0], kind='stable')]
  last = np.append(changes[1:, 0] != changes[:-1, 0], True)
  return changes[last[: len(changes)]]
