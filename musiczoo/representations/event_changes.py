"""Changes of event tokens: their key, tempo and velocities."""

import numpy as np

from musiczoo.music.transform import transpose_sharps
from musiczoo.representations import event_tokens as tokens


def _moving(x):
  """Which tokens of x are notes of pitched tracks: bool [T]."""
  selects = (x >= tokens.PROGRAM) & (x < tokens.NEXT)
  drums = tokens.latest(x >= tokens.DRUMS, selects, initial=False)
  return (x >= tokens.NOTE_OFF) & (x < tokens.SET_VELOCITY) & ~drums


def transpose(x: np.ndarray, semitones: int) -> np.ndarray:
  """Moves notes, drums aside, and the sharps of keys; x is int16 [T]."""
  moved = x.astype(np.int32) + semitones * _moving(x)
  sharps = 1 + np.flatnonzero(x[:-1] == tokens.KEY)
  moved[sharps] = (
    tokens.DIGIT
    + 7
    + transpose_sharps(moved[sharps] - tokens.DIGIT - 7, semitones)
  )
  return moved.astype(x.dtype)


def augment_performance(
  x: np.ndarray, tempo: float, velocity: int
) -> np.ndarray:
  """Multiplies tempi and moves velocities, see `Representation`."""
  varied = x.copy()
  places = 1 + np.arange(tokens.NUM_DIGITS[tokens.TEMPO])
  digits = np.flatnonzero(x == tokens.TEMPO)[:, None] + places
  old = (x[digits].astype(np.int64) - tokens.DIGIT << tokens.TEMPO_SHIFTS).sum(
    axis=1
  )
  new = np.clip(np.rint(old * tempo), 1, tokens.LAST_TEMPO).astype(np.int64)
  varied[digits] = tokens.DIGIT + (new[:, None] >> tokens.TEMPO_SHIFTS & 127)
  loud = (x > tokens.SET_VELOCITY) & (x < tokens.PROGRAM)
  if loud.any():
    least, most = (
      x[loud].min() - tokens.SET_VELOCITY,
      x[loud].max() - tokens.SET_VELOCITY,
    )
    varied[loud] += np.clip(velocity, 1 - least, 127 - most)
  return varied


def transpose_range(x: np.ndarray) -> tuple[int, int]:
  """How far down and up x may go without a note beyond 0..127."""
  pitch = (x[_moving(x)] - tokens.NOTE_OFF) % 128
  return (int(pitch.min()), 127 - int(pitch.max())) if len(pitch) else (0, 0)
