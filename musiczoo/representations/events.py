"""Events: any Score as int16 tokens on a grid, without loss.

  END
  NOTE_ON pitch, NOTE_OFF pitch       on the selected track
  VELOCITY velocity                   of the notes that follow
  PROGRAM program, DRUMS program      select the first such track, or add it
  NEXT                                selects the next such track, or adds it
  SHIFT steps                         moves on in time
  TEMPO, METER, KEY                   followed by the digits of their numbers

A piece begins by selecting its tracks in order, which adds them. Within a step
come changes, then track by track the notes that end and those that begin.
Selections and velocities are written only where they change, and for the first
note.
"""

from typing import Annotated

import numpy as np

from musiczoo.errors import Range
from musiczoo.music.quantize import quantize
from musiczoo.music.spec import Spec
from musiczoo.representations import (
  event_changes,
  event_decoder,
  event_tokens as tokens,
  representation,
)


@representation.checked
def events(
  *,
  steps_per_quarter: representation.Steps = 12,
  max_shift: Annotated[int, Range(1, 4096)] = 96,
) -> representation.Representation:
  """Notes on and off, time, velocity, programs, tempo, meter and key as tokens.

  After the vocabulary of Oore et al. (2018), "This Time with Feeling", for any
  number of tracks. All is kept except the names of the tracks.

  Args:
    steps_per_quarter: the grid; 12 has sixteenths and triplets of eighths.
    max_shift: the longest time that one token moves on, in steps.
  """

  def encode(score):
    return _encode(quantize(score, steps_per_quarter), max_shift)

  def decode(x):
    return event_decoder.decode(x, steps_per_quarter, max_shift)

  shifts = np.append(np.zeros(tokens.SHIFT), np.arange(max_shift) + 1)
  return representation.Representation(
    Spec(
      'tokens',
      len(shifts),
      (),
      np.int16,
      steps_per_quarter,
      steps_per_token=shifts.astype(np.int32),
      end_token=tokens.END,
    ),
    encode,
    decode,
    _without_names,
    event_changes.transpose,
    event_changes.transpose_range,
    event_changes.augment_performance,
  )


def _without_names(score):
  tracks = tuple(track._replace(name='') for track in score.tracks)
  return score._replace(tracks=tracks)


def _encode(score, max_shift):
  """A canonical Score on the grid -> tokens.

  Each event is a row of slots: a token and how often it is written, 0 times for
  what it doesn't need. One `repeat` over all slots then writes the piece.
  """
  rows = _rows(score)
  step, track, token, velocity = rows[:, :4].T
  gap = np.diff(step, prepend=0)
  # The last kind is that of no track: before the first, and of changes.
  kind, nth = _kinds(score.tracks)
  before = _before(track, track >= 0, initial=-1)
  switch = (track >= 0) & (track != before)
  onward = (kind[track] == kind[before]) & (nth[track] > nth[before])
  is_on = velocity > 0
  louder = is_on & (velocity != _before(velocity, is_on, initial=0))
  longest, rest = np.full_like(gap, max_shift), gap % max_shift
  slots = [
    (tokens.SHIFT - 1 + longest, gap // max_shift),
    (tokens.SHIFT - 1 + rest, rest > 0),
    (kind[track], switch & ~onward),
    (
      np.full_like(gap, tokens.NEXT),
      switch * (nth[track] - onward * nth[before]),
    ),
    (tokens.SET_VELOCITY + velocity, louder),
    (token, token >= 0),
    *((tokens.DIGIT + digit, digit >= 0) for digit in rows[:, 4:].T),
  ]
  values, counts = (np.stack(part, axis=1) for part in zip(*slots))
  x = np.repeat(values.ravel(), counts.ravel())
  return np.append(x, tokens.END).astype(np.int16)


def _kinds(tracks):
  """The token that selects a track, and how many of its kind come before it.

  Both int64 [tracks + 1]; the last is of no kind.
  """
  kinds, nth, seen = [], [], {}
  for track in tracks:
    kind = (tokens.DRUMS if track.drums else tokens.PROGRAM) + track.program
    kinds.append(kind)
    nth.append(seen.get(kind, 0))
    seen[kind] = nth[-1] + 1
  return np.array([*kinds, tokens.END], np.int64), np.array([*nth, 0], np.int64)


def _rows(score):
  """The events in order, int64 [events, 8].

  Columns: step, track (-1: a change), token (-1: none, the track is added),
  velocity (0: no note begins) and up to four digits (-1: none).
  """

  def rows(step, track, token, velocity=0, digits=()):
    digits = [*digits, *[-1] * (4 - len(digits))]
    columns = step, track, token, velocity, *digits
    return np.stack(np.broadcast_arrays(*columns), axis=1)

  onset, duration, pitch, velocity, track = score.notes.astype(np.int64).T
  at, tempo = score.tempi.astype(np.int64).T
  tempi = rows(
    at, -1, tokens.TEMPO, digits=[tempo >> s & 127 for s in tokens.TEMPO_SHIFTS]
  )
  at, numerator, denominator = score.meters.astype(np.int64).T
  power = np.round(np.log2(denominator)).astype(np.int64)
  meters = rows(
    at, -1, tokens.METER, digits=[numerator >> 7, numerator & 127, power]
  )
  at, sharps, minor = score.keys.astype(np.int64).T
  keys = rows(at, -1, tokens.KEY, digits=[sharps + 7, minor])
  offs = rows(onset + duration, track, tokens.NOTE_OFF + pitch)
  ons = rows(onset, track, tokens.NOTE_ON + pitch, velocity)
  table = np.concatenate([tempi, meters, keys, offs, ons])
  table = table[np.lexsort(table[:, [2, 1, 0]].T)]
  return np.concatenate([rows(0, np.arange(len(score.tracks)), -1), table])


def _before(values, valid, initial):
  """The latest valid value before each place."""
  return np.append(initial, tokens.latest(values, valid, initial))[
    : len(values)
  ]
