"""A Score walks in; what pitches it uses, drums aside, walks out as a number.

These are metrics of MusPy (Dong et al. 2020, "MusPy: A toolkit for symbolic
music generation"), with its names, and equal to MusPy 0.5 but for the
`pitch_range` of nothing.
"""

import math

import numpy as np

from musiczoo.evaluation.metrics.shares import share
from musiczoo.music import harmony, score as score_lib
from musiczoo.music.score import DURATION, ONSET, PITCH, Score
from musiczoo.representations.sparse_roll import union

# The pitch classes of major and natural minor on each tonic: [2, 12, 7].
_SCALES = np.array([(0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)])
_SCALES = (_SCALES[:, None] + np.arange(12)[:, None]) % 12


def pitch_range(score: Score) -> float:
  """Semitones from the lowest pitch to the highest; nan without notes.

  MusPy has 0 without notes, and -127 if there are only drums.
  """
  pitches = score_lib.pitch_range(score)
  return float(pitches[1] - pitches[0]) if pitches else math.nan


def n_pitches_used(score: Score) -> float:
  """How many pitches there are, of 128."""
  return float(np.count_nonzero(_histogram(score, 128)))


def n_pitch_classes_used(score: Score) -> float:
  """How many pitch classes there are, of 12."""
  return float(np.count_nonzero(_histogram(score, 12)))


def polyphony(score: Score) -> float:
  """How many pitches sound at a time, on average, while any does.

  A pitch that sounds twice counts once. nan without notes.
  """
  pitches, ticks = _sounding(score)
  return share(pitches @ ticks, ticks[pitches > 0].sum())


def polyphony_rate(score: Score, threshold: int = 2, end: int = 0) -> float:
  """The share of time in which more than `threshold` pitches sound.

  More than two, as Dong et al. (2018, "Convolutional GANs with binary neurons")
  count; MusPy's code does too, though its text says "multiple". The whole is
  from tick 0 to the last note, drums too, or to `end`; nan of no time.
  """
  pitches, ticks = _sounding(score)
  whole = max(score_lib.end(score), end)
  return share(ticks[pitches > threshold].sum(), whole)


def pitch_in_scale_rate(
    score: Score, key: tuple[int, int] | None = None
) -> float:
  """The share of notes in a major or natural minor scale; nan without notes.

  Args:
    score: a Score.
    key: tonic, 0 (C) to 11, and whether it is minor; if not given, what
      `analysis.key` hears. Where that hears none the share is nan.
  """
  key = key or harmony.key(score)
  return math.nan if key is None else float(_in_scales(score)[key[1], key[0]])


def scale_consistency(score: Score) -> float:
  """The share of notes in the scale that has most; nan without notes."""
  return float(_in_scales(score).max())


def pitch_entropy(score: Score) -> float:
  """Bits of the distribution of pitches over the notes; nan without notes."""
  return _entropy(_histogram(score, 128))


def pitch_class_entropy(score: Score) -> float:
  """Bits of the distribution of pitch classes; nan without notes."""
  return _entropy(_histogram(score, 12))


def _histogram(score, modulus):
  """How many notes have each pitch, modulo 12 or 128."""
  pitch = score.notes[score_lib.pitched(score), PITCH]
  return np.bincount(pitch % modulus, minlength=modulus)


def _sounding(score):
  """How many pitches sound from each change to the next, and for how long.

  Returns:
    pitches, ticks: int [changes - 1].
  """
  notes = score.notes[score_lib.pitched(score)]
  onset, pitch = notes[:, ONSET], notes[:, PITCH]
  spans = union(onset, onset + notes[:, DURATION], pitch, 128).spans
  tick = np.concatenate([spans[:, 0], spans[:, 1]]).astype(np.int64)
  change = np.repeat([1, -1], len(spans))
  order = np.argsort(tick, kind='stable')
  return np.cumsum(change[order])[:-1], np.diff(tick[order])


def _in_scales(score):
  """The share of notes in each scale on each tonic, [2, 12]; nan of none."""
  count = _histogram(score, 12)
  if not count.any():
    return np.full((2, 12), math.nan)
  return count[_SCALES].sum(axis=2) / count.sum()


def _entropy(count):
  if not count.any():
    return math.nan
  p = count[count > 0] / count.sum()
  return float(-(p * np.log2(p)).sum()) + 0.0  # Of one pitch 0, not -0.
