"""Piano-roll: which of the 88 keys sound at each step, uint8 [T, 88]."""

import numpy as np

from musiczoo.music import score as score_lib
from musiczoo.music.score import DURATION, ONSET, PITCH, Score, Track
from musiczoo.music.spec import Spec
from musiczoo.music.time import quantize
from musiczoo.representations.representation import check, Representation

LOW, HIGH = 21, 108  # A0..C8, the keys of a piano.
_VELOCITY = 80


def pianoroll(*, steps_per_quarter: int = 4) -> Representation:
  """Which of the 88 keys of a piano sound at each step.

  Kept: sounding pitch of all pitched tracks, 21..108, as one piano. A repeated
  note is one long note, as in the rolls of Boulanger-Lewandowski et al. (2012).

  Args:
    steps_per_quarter: the grid; 4 is sixteenths.
  """
  check('steps_per_quarter', steps_per_quarter, 1, 32767)

  def encode(score):
    score = quantize(score, steps_per_quarter)
    sounding, _ = rasterize(kept(score, LOW, HIGH), LOW, HIGH)
    return sounding.astype(np.uint8)

  def decode(x):
    sounding = np.asarray(x).reshape(-1, HIGH - LOW + 1) > 0
    silence = np.zeros((1, HIGH - LOW + 1), bool)
    framed = np.concatenate([silence, sounding, silence]).astype(np.int8)
    edges = np.diff(framed, axis=0).T
    # Key by key, so that each rise meets the fall that follows it.
    key, onset = np.nonzero(edges > 0)
    _, end = np.nonzero(edges < 0)
    velocity, track = np.full_like(key, _VELOCITY), np.zeros_like(key)
    notes = np.stack(
      [onset, end - onset, key + LOW, velocity, track], axis=1
    ).astype(np.int32)
    return score_lib.canonical(
      Score(notes, (Track(),), resolution=steps_per_quarter)
    )

  return Representation(
    spec=Spec(
      kind='bits',
      depth=HIGH - LOW + 1,
      shape=(HIGH - LOW + 1,),
      dtype=np.uint8,
      steps_per_quarter=steps_per_quarter,
    ),
    encode=encode,
    decode=decode,
    project=lambda score: decode(encode(score)),
    transpose=lambda x, semitones: np.roll(x, semitones, axis=-1),
    transpose_range=_room,
  )


def _room(x):
  keys = np.flatnonzero(x.any(axis=0))
  return (int(keys[0]), HIGH - LOW - int(keys[-1])) if len(keys) else (0, 0)


def kept(score: Score, low: int, high: int) -> np.ndarray:
  """The notes of pitched tracks within low..high: int32 [N, 5]."""
  notes = score.notes[score_lib.pitched(score)]
  return notes[(low <= notes[:, PITCH]) & (notes[:, PITCH] <= high)]


def rasterize(
  notes: np.ndarray, low: int, high: int
) -> tuple[np.ndarray, np.ndarray]:
  """Where the notes sound and where they strike.

  Args:
    notes: int32 [N, 5], in steps, pitches within low..high, T steps long.
    low: the lowest MIDI pitch of the roll.
    high: the highest.

  Returns:
    sounding, struck: bool [T, high - low + 1].
  """
  onset, key = notes[:, ONSET], notes[:, PITCH] - low
  end = onset + notes[:, DURATION]
  steps = end.max(initial=0)
  is_onset = np.zeros((steps, high - low + 1), bool)
  is_onset[onset, key] = True
  # Begun less ended, summed over time: the cost does not grow with overlaps.
  change = np.zeros((steps + 1, high - low + 1), np.int32)
  np.add.at(change, (onset, key), 1)
  np.add.at(change, (end, key), -1)
  return np.cumsum(change[:-1], axis=0) > 0, is_onset
