"""MusPy's metrics of pitch and rhythm (Dong et al. 2020).

They have the names of "MusPy: A toolkit for symbolic music generation" and equal
MusPy 0.5 with four exceptions. Bars are those of `metre.bars`, where MusPy
takes one length for all; beats are quarter notes. A note doesn't sound in the
beat or bar at whose line it ends: MusPy's figures are those of notes a tick
longer. A piece that ends at a bar line has no empty bar after it, which in
MusPy's `groove_consistency` is one more neighbour, unlike any other. And
`pitch_range` is nan without notes.
"""

import math

import numpy as np

from musiczoo.evaluation.metrics.shares import beats, empty_share, share, spans
from musiczoo.music import harmony, metre, score as score_lib
from musiczoo.music.score import DURATION, ONSET, PITCH, Score

# The pitch classes of major and natural minor on each tonic: [2, 12, 7].
_SCALES = np.array([(0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)])
_SCALES = (_SCALES[:, None] + np.arange(12)[:, None]) % 12

# Meter -> parts of a beat on which drums may fall; the first that divides the
# resolution is used.
_PARTS = {'duple': (4, 2, 1), 'triple': (3, 1)}


def pitch_range(score: Score) -> float:
  """Semitones from the lowest pitch to the highest; nan without notes.

  MusPy has 0 without notes, and -127 if there are only drums.
  """
  pitches = score_lib.pitch_range(score)
  return float(pitches[1] - pitches[0]) if pitches else math.nan


def n_pitches_used(score: Score) -> float:
  """The number of distinct pitches, of 128."""
  return float(np.count_nonzero(_histogram(score, 128)))


def n_pitch_classes_used(score: Score) -> float:
  """The number of distinct pitch classes, of 12."""
  return float(np.count_nonzero(_histogram(score, 12)))


def polyphony(score: Score) -> float:
  """The mean number of pitches that sound at a time, while any does.

  A pitch that sounds twice counts once. nan without notes.
  """
  pitches, ticks = _sounding(score)
  return share(pitches @ ticks, ticks[pitches > 0].sum())


def polyphony_rate(score: Score, threshold: int = 2, end: int = 0) -> float:
  """The share of time in which more than `threshold` pitches sound.

  More than two, as Dong et al. (2018, "Convolutional GANs with binary neurons")
  count; MusPy's code does too, though its text has "multiple". The whole is
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
    key: tonic, 0 (C) to 11, and whether it is minor; None: that of
      `harmony.key`. The share is nan if there is none.
  """
  key = key or harmony.key(score)
  return math.nan if key is None else float(_in_scales(score)[key[1], key[0]])


def scale_consistency(score: Score) -> float:
  """The share of notes in the best-fitting scale; nan without notes."""
  return float(_in_scales(score).max())


def pitch_entropy(score: Score) -> float:
  """Entropy of the notes' pitches in bits; nan without notes."""
  return _entropy(_histogram(score, 128))


def pitch_class_entropy(score: Score) -> float:
  """Entropy of the notes' pitch classes in bits; nan without notes."""
  return _entropy(_histogram(score, 12))


def empty_beat_rate(score: Score, end: int = 0) -> float:
  """The share of beats in which nothing sounds; nan if there are none.

  Args:
    score: a Score.
    end: a tick up to which silent beats count.
  """
  return _empty(score, beats(score, end))


def empty_measure_rate(score: Score, end: int = 0) -> float:
  """The share of bars in which nothing sounds, as in `empty_beat_rate`."""
  return _empty(score, metre.bars(score, end))


def drum_in_pattern_rate(score: Score, meter: str = 'duple') -> float:
  """The share of drum notes that fall on a regular part of the beat.

  Of 'duple' time that is its quarters if the resolution has them, else its
  halves; of 'triple' its thirds; else the beat alone. So on a grid of four
  steps all drums are in duple time. nan without drums.

  Raises:
    KeyError: `meter` is another.
  """
  parts = next(n for n in _PARTS[meter] if score.resolution % n == 0)
  onset = score.notes[~score_lib.pitched(score), ONSET]
  inside = onset % (score.resolution // parts) == 0
  return share(np.count_nonzero(inside), len(inside))


def drum_pattern_consistency(score: Score) -> float:
  """The larger `drum_in_pattern_rate` of the two; nan without drums."""
  return max(drum_in_pattern_rate(score, meter) for meter in _PARTS)


def groove_consistency(score: Score) -> float:
  """The similarity of neighbouring bars' onsets; nan of fewer than two bars.

  One minus the share of ticks at which something begins in one bar and not in
  the other, on average over neighbours of equal length (Wu and Yang 2020, "The
  Jazz Transformer on the front line"). On a fine grid it is near one: give
  Scores of one resolution to compare them.
  """
  lines = metre.bars(score)
  length = np.diff(lines)
  tick = np.unique(score.notes[:, ONSET])
  bar = metre.bar_of(lines, tick)
  onsets = np.bincount(bar, minlength=len(length))
  again = np.isin(tick + length[bar], tick)
  common = np.bincount(bar[again], minlength=len(length))[:-1]
  differ = onsets[:-1] + onsets[1:] - 2 * common
  equal = length[:-1] == length[1:]
  if not equal.any():
    return math.nan
  return float(1 - np.mean(differ[equal] / length[:-1][equal]))


def _histogram(score, modulus):
  """How many notes have each pitch, modulo 12 or 128."""
  pitch = score.notes[score_lib.pitched(score), PITCH]
  return np.bincount(pitch % modulus, minlength=modulus)


def _sounding(score):
  """How many pitches sound from each change to the next, and for how long.

  Returns:
    pitches, ticks: int [changes - 1].
  """
  found = spans(score.notes[score_lib.pitched(score)])
  tick = found[:, :2].T.ravel().astype(np.int64)
  change = np.repeat([1, -1], len(found))
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


def _empty(score, lines):
  onset = score.notes[:, ONSET]
  return empty_share(onset, onset + score.notes[:, DURATION], lines)
