"""Piano-roll: which of the 88 keys sound at each step, uint8 [T, 88]."""

import numpy as np

from musiczoo.music.score import (
  DURATION,
  ONSET,
  PITCH,
  pitched,
  Score,
  to_notes,
)
from musiczoo.music.spec import Spec
from musiczoo.representations import representation
from musiczoo.representations.sparse_roll import as_sparse_roll, union

LOW, HIGH = 21, 108  # A0..C8, the keys of a piano.
KEYS = HIGH - LOW + 1


@representation.checked
def pianoroll(
  *, steps_per_quarter: representation.Steps = 4
) -> representation.Representation:
  """Which of the 88 keys of a piano sound at each step.

  Kept: sounding pitch of all pitched tracks, 21..108, as one piano. A repeated
  note is one long note, as in the rolls of Boulanger-Lewandowski et al. (2012).

  Args:
    steps_per_quarter: the grid; 4 is sixteenths.
  """

  def encode(score):
    notes = kept(score, LOW, HIGH)
    onset, key = notes[:, ONSET], notes[:, PITCH] - LOW
    return np.asarray(union(onset, onset + notes[:, DURATION], key, KEYS))

  def decode(x):
    begin, end, key = as_sparse_roll(np.asarray(x).reshape(-1, KEYS)).spans.T
    return to_notes(begin, end - begin, key + LOW, representation.VELOCITY, 0)

  return representation.of_notes(
    Spec('bits', KEYS, (KEYS,), np.uint8, steps_per_quarter),
    encode,
    decode,
    transpose=lambda x, semitones: np.roll(x, semitones, axis=-1),
    transpose_range=_transpose_range,
  )


def _transpose_range(x):
  keys = np.flatnonzero(x.any(axis=0))
  return (int(keys[0]), KEYS - 1 - int(keys[-1])) if len(keys) else (0, 0)


def kept(score: Score, low: int, high: int) -> np.ndarray:
  """The notes of pitched tracks within low..high: int32 [N, 5]."""
  notes = score.notes[pitched(score)]
  return notes[(low <= notes[:, PITCH]) & (notes[:, PITCH] <= high)]


def rasterize(
  notes: np.ndarray, low: int, high: int
) -> tuple[np.ndarray, np.ndarray]:
  """Where notes sound and where they begin.

  Args:
    notes: int32 [N, 5], in steps, pitches within low..high, T steps long.
    low: the lowest MIDI pitch of the roll.
    high: the highest.

  Returns:
    sounding, is_onset: bool [T, high - low + 1].
  """
  onset, key = notes[:, ONSET], notes[:, PITCH] - low
  roll = union(onset, onset + notes[:, DURATION], key, high - low + 1)
  is_onset = np.zeros(roll.shape, bool)
  is_onset[onset, key] = True
  return np.asarray(roll, bool), is_onset
