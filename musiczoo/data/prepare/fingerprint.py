"""Fingerprint: a hash of the notes of a Score that is the same in any key."""

import hashlib
from typing import NamedTuple

import numpy as np

from musiczoo.music.quantize import to_steps
from musiczoo.music.score import (
  DURATION,
  ONSET,
  PITCH,
  pitch_range,
  pitched,
  Score,
)

STEPS_PER_QUARTER = 24


class Fingerprint(NamedTuple):
  """What identifies a piece.

  Attributes:
    digest: hexadecimal; equal for the same notes in any key.
    lowest: the lowest pitch, drums aside, 0 if there is none. Two pieces of one
      digest are transposed by the difference.
  """

  digest: str
  lowest: int


def fingerprint(score: Score) -> Fingerprint:
  """The Fingerprint of a Score that has notes.

  It depends on onsets and ends, on a grid of 24 steps to the quarter from the
  first onset, and on pitches: relative to the lowest, or of drums as they are.
  It ignores tempo, velocity and instrument, and notes that tracks double.
  """
  onset = score.notes[:, ONSET].astype(np.int64)
  onset -= onset.min()
  end = onset + score.notes[:, DURATION]
  onset, end = (
    to_steps(ticks, score.resolution, STEPS_PER_QUARTER)
    for ticks in (onset, end)
  )
  lowest, _ = pitch_range(score) or (0, 0)
  has_pitch = pitched(score)
  pitch = score.notes[:, PITCH] - lowest * has_pitch
  # A note is one number: 29 bits for its onset, 26 for its duration, 8 for its
  # pitch, and np.unique need not compare rows.
  notes = onset << 34 | (end - onset) << 8 | ~has_pitch << 7 | pitch
  data = np.unique(notes).astype('<i8').tobytes()
  return Fingerprint(hashlib.sha256(data).hexdigest()[:32], lowest)
