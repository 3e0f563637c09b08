"""Keys of spans of voices, from how long each pitch class sounds."""

import numpy as np

from musiczoo.evaluation.metrics.parts import BAR, Parts

WINDOW = 4 * BAR  # Steps over which a key is found.
# Krumhansl and Kessler (1982), Psychological Review 89, 334: the profiles of
# most published figures on chorales, which these are to be compared with.
_PROFILES = np.array(
  """
  6.35 2.23 3.48 2.33 4.38 4.09 2.52 5.19 2.39 3.66 2.29 2.88
  6.33 2.68 3.52 5.38 2.60 3.53 2.54 4.75 3.98 2.69 3.34 3.17
""".split(),
  float,
).reshape(2, 12)
_SCALE = np.isin(np.arange(12), (0, 2, 4, 5, 7, 9, 11))  # Major.


def _rotations(profile):
  """A profile on each of the twelve tonics: [12, 12]."""
  return profile[(np.arange(12) - np.arange(12)[:, None]) % 12]


_KEYS = np.concatenate([_rotations(profile) for profile in _PROFILES])
_KEYS = _KEYS - _KEYS.mean(axis=1, keepdims=True)
_KEYS = _KEYS / np.linalg.norm(_KEYS, axis=1, keepdims=True)
_SCALES = _rotations(_SCALE).astype(float)


def chroma(parts: Parts, begin, end) -> np.ndarray:
  """How long each pitch class sounds in spans of steps, cut to the piece.

  Args:
    begin, end: int [N], of each span; end is exclusive.

  Returns:
    int64 [N, 12], steps, summed over voices.
  """
  steps = len(parts.pitch)
  classes = np.where(parts.pitch < 0, 12, parts.pitch % 12)
  sounding = (classes[:, :, None] == np.arange(12)).sum(axis=1)
  total = np.concatenate([np.zeros((1, 12), int), np.cumsum(sounding, axis=0)])
  begin, end = (np.clip(np.asarray(x), 0, steps) for x in (begin, end))
  return total[end] - total[begin]


def keys(chroma: np.ndarray) -> np.ndarray:
  """The best key of each histogram of pitch classes, int64 [N, 2]: tonic, minor.

  By the highest correlation with a profile (Krumhansl 1990, chapter 4).
  """
  # A common scale of a row does not change which key is best.
  best = np.argmax((chroma - chroma.mean(1, keepdims=True)) @ _KEYS.T, axis=1)
  return np.stack([best % 12, best // 12], axis=1)


def in_scale(chroma: np.ndarray) -> np.ndarray:
  """The share of each histogram in the best major scale, [N]; nan of none."""
  weight = chroma.sum(axis=1)
  best = (chroma @ _SCALES.T).max(axis=1)
  return np.where(weight, best / np.maximum(weight, 1), np.nan)


def windows(parts: Parts, least: int = 16) -> np.ndarray:
  """The histograms of the spans of four bars, int64 [N, 12].

  The last may be half as long; those of fewer than `least` steps of sound are
  left out.
  """
  begin = np.arange(0, len(parts.pitch) - WINDOW // 2 + 1, WINDOW)
  found = chroma(parts, begin, begin + WINDOW)
  return found[found.sum(axis=1) >= least]


def fifths_apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
  """How far the scales of keys [N, 2] are apart on the circle of fifths, 0 to 6."""
  # Minor keys have the scale of their relative major.
  place = [7 * (k[:, 0] + 3 * k[:, 1]) % 12 for k in (one, other)]
  apart = np.abs(place[0] - place[1])
  return np.minimum(apart, 12 - apart)
