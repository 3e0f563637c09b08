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

from collections import deque

import numpy as np

from musiczoo.music import score as score_lib, transform
from musiczoo.music.score import Score, Track
from musiczoo.music.spec import Spec
from musiczoo.music.time import quantize
from musiczoo.representations.representation import check, Representation

# The vocabulary: where each kind of token begins. Its order is the order of
# events in a step, so that a sort by token is all that it takes.
END = 0
NOTE_OFF = 1  # + pitch
NOTE_ON = NOTE_OFF + 128  # + pitch
SET_VELOCITY = NOTE_ON + 128  # + velocity
PROGRAM = SET_VELOCITY + 128  # + General MIDI program
DRUMS = PROGRAM + 128  # + program, which for drums is a kit
NEXT = DRUMS + 128
TEMPO = NEXT + 1  # Four digits: microseconds per quarter note.
METER = TEMPO + 1  # Three digits: numerator (two), log2 of the denominator.
KEY = METER + 1  # Two digits: sharps + 7, minor.
DIGIT = KEY + 1  # + a digit of a number to the base of 128
SHIFT = DIGIT + 128  # + steps - 1, last of all: max_shift sets the depth.

_LAST_TEMPO = 2**24 - 1  # MIDI has three bytes for it.
_DIGITS = {TEMPO: 4, METER: 3, KEY: 2}
_VELOCITY = 80  # Of notes before any velocity, which `encode` never writes.


def events(
  *, steps_per_quarter: int = 12, max_shift: int = 96
) -> Representation:
  """Notes on and off, time, velocity, programs, tempo, meter and key as tokens.

  After the vocabulary of Oore et al. (2018), "This Time with Feeling", for any
  number of tracks. All is kept except the names of the tracks.

  Args:
    steps_per_quarter: the grid; 12 has sixteenths and triplets of eighths.
    max_shift: the longest time that one token moves on, in steps.
  """
  check('steps_per_quarter', steps_per_quarter, 1, 32767)
  check('max_shift', max_shift, 1, 4096)

  def encode(score):
    return _encode(quantize(score, steps_per_quarter), max_shift)

  def decode(x):
    return _decode(x, steps_per_quarter, max_shift)

  return Representation(
    spec=Spec(
      kind='tokens',
      depth=SHIFT + max_shift,
      shape=(),
      dtype=np.int16,
      steps_per_quarter=steps_per_quarter,
      steps_per_token=np.append(
        np.zeros(SHIFT), np.arange(max_shift) + 1
      ).astype(np.int32),
      end_token=END,
    ),
    encode=encode,
    decode=decode,
    project=_without_names,
    transpose=_transpose,
    transpose_range=_room,
    augment_performance=_vary,
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
  # The last kind stands for no track at all: before the first, and for changes.
  kind, nth = _kinds(score.tracks)
  before = _before(track, track >= 0, initial=-1)
  switch = (track >= 0) & (track != before)
  onward = (kind[track] == kind[before]) & (nth[track] > nth[before])
  strikes = velocity > 0
  louder = strikes & (velocity != _before(velocity, strikes, initial=0))
  longest, rest = np.full_like(gap, max_shift), gap % max_shift
  slots = [
    (SHIFT - 1 + longest, gap // max_shift),
    (SHIFT - 1 + rest, rest > 0),
    (kind[track], switch & ~onward),
    (np.full_like(gap, NEXT), switch * (nth[track] - onward * nth[before])),
    (SET_VELOCITY + velocity, louder),
    (token, token >= 0),
    *((DIGIT + digit, digit >= 0) for digit in rows[:, 4:].T),
  ]
  values, counts = (np.stack(part, axis=1) for part in zip(*slots))
  tokens = np.repeat(values.ravel(), counts.ravel())
  return np.append(tokens, END).astype(np.int16)


def _kinds(tracks):
  """The token that selects a track, and how many of its kind come before it.

  Both int64 [tracks + 1]; the last is of no kind.
  """
  kinds, nth, seen = [], [], {}
  for track in tracks:
    kind = (DRUMS if track.drums else PROGRAM) + track.program
    kinds.append(kind)
    nth.append(seen.get(kind, 0))
    seen[kind] = nth[-1] + 1
  return np.array([*kinds, END], np.int64), np.array([*nth, 0], np.int64)


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
  tempi = rows(at, -1, TEMPO, digits=[tempo >> s & 127 for s in (21, 14, 7, 0)])
  at, numerator, denominator = score.meters.astype(np.int64).T
  power = np.round(np.log2(denominator)).astype(np.int64)
  meters = rows(at, -1, METER, digits=[numerator >> 7, numerator & 127, power])
  at, sharps, minor = score.keys.astype(np.int64).T
  keys = rows(at, -1, KEY, digits=[sharps + 7, minor])
  offs = rows(onset + duration, track, NOTE_OFF + pitch)
  ons = rows(onset, track, NOTE_ON + pitch, velocity)
  table = np.concatenate([tempi, meters, keys, offs, ons])
  table = table[np.lexsort(table[:, [2, 1, 0]].T)]
  return np.concatenate([rows(0, np.arange(len(score.tracks)), -1), table])


def _latest(values, valid, initial):
  """The latest valid value at each place, the place's own included."""
  latest = np.maximum.accumulate(np.where(valid, np.arange(len(values)), -1))
  return np.where(latest >= 0, values[latest], initial)


def _before(values, valid, initial):
  """The latest valid value before each place."""
  return np.append(initial, _latest(values, valid, initial))[: len(values)]


def _decode(x, steps_per_quarter, max_shift):
  """Any integers -> a canonical Score; what is impossible is passed over."""
  tracks, kinds = [], {}  # kinds: selecting token -> its tracks.
  kind, nth, track = PROGRAM, 0, None
  sounding = {}  # (track, pitch) -> onset and velocity, the first in first out.
  notes, changes = [], {TEMPO: [], METER: [], KEY: []}
  now, velocity = 0, _VELOCITY
  change, digits = None, []

  def select():
    same = kinds.setdefault(kind, [])
    if nth == len(same):
      same.append(len(tracks))
      program = (kind - PROGRAM) % 128
      tracks.append(Track(program, drums=kind >= DRUMS))
    return same[nth]

  for token in np.asarray(x).ravel().tolist():
    if DIGIT <= token < SHIFT and change is not None:
      digits.append(token - DIGIT)
      if len(digits) == _DIGITS[change]:
        if (values := _from_digits(change, digits)) is not None:
          changes[change].append((now, *values))
        change = None
      continue
    change = None
    if token == END:
      break
    elif NOTE_OFF <= token < NOTE_ON:
      begun = sounding.get((track, token - NOTE_OFF))
      if begun and begun[0][0] < now:
        onset, loudness = begun.popleft()
        notes.append((onset, now - onset, token - NOTE_OFF, loudness, track))
    elif NOTE_ON <= token < SET_VELOCITY:
      if track is None:
        track = select()
      begun = sounding.setdefault((track, token - NOTE_ON), deque())
      begun.append((now, velocity))
    elif SET_VELOCITY < token < PROGRAM:
      velocity = token - SET_VELOCITY
    elif PROGRAM <= token < NEXT:
      kind, nth = token, 0
      track = select()
    elif token == NEXT and track is not None:
      nth += 1
      track = select()
    elif token in _DIGITS:
      change, digits = token, []
    elif SHIFT <= token < SHIFT + max_shift:
      now += token - SHIFT + 1
  for (track, pitch), begun in sounding.items():
    for onset, loudness in begun:
      notes.append((onset, max(now - onset, 1), pitch, loudness, track))
  return score_lib.canonical(
    Score(
      notes=np.array(notes, np.int32).reshape(-1, 5),
      tracks=tuple(tracks),
      tempi=np.array(changes[TEMPO], np.int32).reshape(-1, 2),
      meters=np.array(changes[METER], np.int32).reshape(-1, 3),
      keys=np.array(changes[KEY], np.int32).reshape(-1, 3),
      resolution=steps_per_quarter,
    )
  )


def _from_digits(change, digits):
  """The numbers of a change, None if there is no such change."""
  if change == TEMPO:
    a, b, c, d = digits
    tempo = a << 21 | b << 14 | c << 7 | d
    return (tempo,) if 0 < tempo <= _LAST_TEMPO else None
  if change == METER:
    numerator, power = digits[0] << 7 | digits[1], digits[2]
    legal = 0 < numerator < 256 and power < 8
    return (numerator, 1 << power) if legal else None
  sharps, minor = digits[0] - 7, digits[1]
  return (sharps, minor) if sharps <= 7 and minor <= 1 else None


def _moving(x):
  """Which tokens of x are notes of pitched tracks: bool [T]."""
  selects = (x >= PROGRAM) & (x < NEXT)
  drums = _latest(x >= DRUMS, selects, initial=False)
  return (x >= NOTE_OFF) & (x < SET_VELOCITY) & ~drums


def _transpose(x, semitones):
  moved = x.astype(np.int32) + semitones * _moving(x)
  sharps = 1 + np.flatnonzero(x[:-1] == KEY)
  moved[sharps] = (
    DIGIT + 7 + transform.transpose_sharps(moved[sharps] - DIGIT - 7, semitones)
  )
  return moved.astype(x.dtype)


def _vary(x, tempo, velocity):
  varied = x.copy()
  digits = np.flatnonzero(x == TEMPO)[:, None] + 1 + np.arange(_DIGITS[TEMPO])
  places = 7 * np.arange(_DIGITS[TEMPO])[::-1]
  old = (x[digits].astype(np.int64) - DIGIT << places).sum(axis=1)
  new = np.clip(np.rint(old * tempo), 1, _LAST_TEMPO).astype(np.int64)
  varied[digits] = DIGIT + (new[:, None] >> places & 127)
  loud = (x > SET_VELOCITY) & (x < PROGRAM)
  if loud.any():
    least, most = x[loud].min() - SET_VELOCITY, x[loud].max() - SET_VELOCITY
    varied[loud] += np.clip(velocity, 1 - least, 127 - most)
  return varied


def _room(x):
  pitch = (x[_moving(x)] - NOTE_OFF) % 128
  return (int(pitch.min()), 127 - int(pitch.max())) if len(pitch) else (0, 0)
