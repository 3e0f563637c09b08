"""EventDecoder: any tokens of `events` -> a Score."""

from collections import deque

import numpy as np

from musiczoo.music.score import canonical, Score, Track
from musiczoo.representations import event_tokens as tokens
from musiczoo.representations.representation import VELOCITY


class EventDecoder:
  """The state of a piece while its tokens are read one by one.

  Tokens that are impossible at their place are ignored.
  """

  def __init__(self, max_shift: int):
    """Args: `max_shift`, the steps of the last token of the vocabulary."""
    self._max_shift = max_shift
    self._now, self._velocity = 0, VELOCITY
    self._tracks, self._track = [], None
    # The token that selects a track, how many of its kind come before, and all
    # tracks of each kind.
    self._kind, self._nth, self._kinds = tokens.PROGRAM, 0, {}
    # (track, pitch) -> onset and velocity of each note, first in, first out.
    self._sounding = {}
    self._notes = []
    self._changes = {tokens.TEMPO: [], tokens.METER: [], tokens.KEY: []}
    self._change, self._digits = None, []

  def read(self, token: int) -> None:
    """Takes the next token, any integer but END."""
    if tokens.DIGIT <= token < tokens.SHIFT:
      self._read_digit(token - tokens.DIGIT)
      return
    self._change = None
    if tokens.NOTE_OFF <= token < tokens.NOTE_ON:
      self._end_note(token - tokens.NOTE_OFF)
    elif tokens.NOTE_ON <= token < tokens.SET_VELOCITY:
      self._begin_note(token - tokens.NOTE_ON)
    elif tokens.SET_VELOCITY < token < tokens.PROGRAM:
      self._velocity = token - tokens.SET_VELOCITY
    elif tokens.PROGRAM <= token < tokens.NEXT:
      self._select(token, 0)
    elif token == tokens.NEXT and self._track is not None:
      self._select(self._kind, self._nth + 1)
    elif token in tokens.NUM_DIGITS:
      self._change, self._digits = token, []
    elif tokens.SHIFT <= token < tokens.SHIFT + self._max_shift:
      self._now += token - tokens.SHIFT + 1

  def score(self, resolution: int) -> Score:
    """The canonical Score; notes that still sound end now."""
    notes = list(self._notes)
    for (track, pitch), begun in self._sounding.items():
      for onset, velocity in begun:
        duration = max(self._now - onset, 1)
        notes.append((onset, duration, pitch, velocity, track))
    return canonical(
      Score(
        np.array(notes, np.int32).reshape(-1, 5),
        tuple(self._tracks),
        *map(np.array, self._changes.values()),
        resolution,
      )
    )

  def _read_digit(self, digit):
    if self._change is None:
      return
    self._digits.append(digit)
    if len(self._digits) == tokens.NUM_DIGITS[self._change]:
      values = tokens.from_digits(self._change, self._digits)
      if values is not None:
        self._changes[self._change].append((self._now, *values))
      self._change = None

  def _select(self, kind, nth):
    """Selects the n-th track of a kind, and adds it if it is new."""
    self._kind, self._nth = kind, nth
    same = self._kinds.setdefault(kind, [])
    if nth == len(same):
      same.append(len(self._tracks))
      self._tracks.append(
        Track((kind - tokens.PROGRAM) % 128, drums=kind >= tokens.DRUMS)
      )
    self._track = same[nth]

  def _begin_note(self, pitch):
    if self._track is None:
      self._select(tokens.PROGRAM, 0)
    begun = self._sounding.setdefault((self._track, pitch), deque())
    begun.append((self._now, self._velocity))

  def _end_note(self, pitch):
    begun = self._sounding.get((self._track, pitch))
    if begun and begun[0][0] < self._now:
      onset, velocity = begun.popleft()
      note = onset, self._now - onset, pitch, velocity, self._track
      self._notes.append(note)


def decode(x: np.ndarray, resolution: int, max_shift: int) -> Score:
  """Any integers -> a canonical Score of `resolution` ticks per quarter note."""
  decoder = EventDecoder(max_shift)
  for token in np.asarray(x).ravel().tolist():
    if token == tokens.END:
      break
    decoder.read(token)
  return decoder.score(resolution)
