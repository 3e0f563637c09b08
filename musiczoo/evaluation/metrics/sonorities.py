"""Sonorities: what sounds on a beat, as sets of pitch classes."""

import numpy as np

from musiczoo.evaluation.metrics.parts import BEAT, Parts
from musiczoo.music.chord_names import QUALITIES

_TRIADS = [QUALITIES[name] for name in ('', 'm', 'dim', 'aug')]
_SEVENTHS = [QUALITIES[n] for n in ('7', 'maj7', 'm7', 'm7b5', 'dim7')]
_SEVENTHS = [*_SEVENTHS, (0, 3, 7, 11)]  # Minor with a major seventh.
_SETS = np.arange(1 << 12)  # Each set of pitch classes as the bits of a number.


def as_set(pitch: np.ndarray) -> np.ndarray:
  """The pitch classes of pitches [N, V] as bits, int64 [N]; -1 is a rest."""
  bits = np.where(pitch < 0, 0, 1 << np.maximum(pitch, 0) % 12)
  return np.bitwise_or.reduce(bits, axis=1)


def _part_of(shapes):
  """Whether each set of pitch classes is part of a chord, on any root: [4096]."""
  found = np.zeros(len(_SETS), bool)
  for root in range(12):
    for shape in shapes:
      found |= (_SETS & ~sum(1 << (root + x) % 12 for x in shape)) == 0
  return found


IN_TRIAD = _part_of(_TRIADS)
IN_CHORD = _part_of([*_TRIADS, *_SEVENTHS])


def beat_phase(parts: Parts) -> int:
  """The sixteenth of a quarter note on which most notes begin, 0 to 3."""
  step = np.nonzero(parts.begins)[0]
  return int(np.argmax(np.bincount(step % BEAT, minlength=BEAT)))


def beats(parts: Parts) -> np.ndarray:
  """The pitches that sound on the beats, [N, V]: at least three voices."""
  found = parts.pitch[beat_phase(parts) :: BEAT]
  return found[(found >= 0).sum(axis=1) >= min(3, parts.pitch.shape[1])]


def root_triads(pitch: np.ndarray) -> np.ndarray:
  """Whether chords are major or minor triads on their bass; bool [N].

  All voices sound, the fifth may be missing.
  """
  above = (pitch - pitch.min(axis=1, keepdims=True)) % 12
  full = (pitch >= 0).all(axis=1)
  major, minor = (
    np.isin(above, (0, third, 7)).all(axis=1) & (above == third).any(axis=1)
    for third in (4, 3)
  )
  return full & (major | minor)
