"""Chords of beats: root and quality of what sounds, exact or not at all."""

from typing import NamedTuple

import numpy as np

from musiczoo.evaluation.metrics import sonorities
from musiczoo.evaluation.metrics.parts import Parts

# From the most consonant on; the last stands for all that is no such chord.
SHAPES = {
  'major': (0, 4, 7),
  'minor': (0, 3, 7),
  'dominant seventh': (0, 4, 7, 10),
  'minor seventh': (0, 3, 7, 10),
  'major seventh': (0, 4, 7, 11),
  'diminished': (0, 3, 6),
  'half-diminished seventh': (0, 3, 6, 10),
  'diminished seventh': (0, 3, 6, 9),
  'augmented': (0, 4, 8),
  'minor with major seventh': (0, 3, 7, 11),
  'other': (),
}
OTHER = len(SHAPES) - 1


class BeatChords(NamedTuple):
  """The chord of each beat.

  Attributes:
    root: int64 [N], pitch class.
    quality: int64 [N], its place in `SHAPES`.
  """

  root: np.ndarray
  quality: np.ndarray


def beat_chords(parts: Parts) -> BeatChords:
  """The chords of the beats on which three voices sound.

  A chord contains all pitch classes that sound. Triads come before sevenths,
  then chords whose root sounds, then major and minor triads, then chords whose
  root is the bass.
  """
  pitch = sonorities.beats(parts)
  sounding = np.where(pitch < 0, 128, pitch)  # Rests are above every pitch.
  bass = sounding.min(axis=1, initial=128) % 12
  sets = sonorities.as_set(pitch)
  has_root = (sets[:, None] >> _ROOTS & 1) == 1
  fits = (sets[:, None] & ~_BITS) == 0
  value = 8 * _IS_TRIAD + 4 * has_root + 2 * _IS_PERFECT
  value = value + (bass[:, None] == _ROOTS)
  best = np.argmax(np.where(fits, value + 1, 0), axis=1)
  found = fits.any(axis=1)
  root = np.where(found, _ROOTS[best], bass)
  return BeatChords(root, np.where(found, _QUALITIES[best], OTHER))


_CHORDS = [
  (root, quality, sum(1 << (root + tone) % 12 for tone in shape), len(shape))
  for quality, shape in enumerate(SHAPES.values())
  for root in range(12)
  if shape
]
_ROOTS, _QUALITIES, _BITS, _SIZES = np.array(_CHORDS).T
_IS_TRIAD = _SIZES == 3
_IS_PERFECT = _QUALITIES < 2  # Major and minor triads.
