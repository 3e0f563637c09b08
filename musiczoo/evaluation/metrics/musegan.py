"""MuseGAN's metrics of groups of instruments (Dong et al. 2018).

Empty bars (EB), used pitch classes (UPC), qualified notes (QN), drum pattern
(DP) and tonal distance (TD), of the groups of `representations.tracks`, by their
index in `GROUPS`. Bars are those of `metre.bars`, 4/4 without a meter.

The paper has 24 steps to a quarter note, of which three make a qualified note;
on a grid of sixteenths that would be any note. So these figures compare music on
one grid, and cannot be compared with the paper's: the code published with it
also folds 84 pitches into twelve bands of seven neighbours, not into pitch
classes, before it counts them or measures distances.
"""

import math

import numpy as np

from musiczoo.evaluation.metrics.shares import beats, empty_share, share, spans
from musiczoo.music import metre
from musiczoo.music.score import DURATION, ONSET, Score, TRACK
from musiczoo.representations.sparse_roll import steps
from musiczoo.representations.tracks import group_of, GROUPS

DRUMS = [track.drums for track in GROUPS].index(True)
PITCHED = tuple(i for i, track in enumerate(GROUPS) if not track.drums)


def _circles():
  """Pitch classes on the circles of fifths, minor and major thirds: [12, 6].

  Equation 3 of Harte et al. (2006), "Detecting harmonic change in musical
  audio", with its radii 1, 1 and 1/2.
  """
  angles = np.arange(12)[:, None] * np.pi * np.array([7 / 6, 3 / 2, 2 / 3])
  circles = np.stack([np.sin(angles), np.cos(angles)], axis=2)
  return (circles * np.array([1, 1, 1 / 2])[:, None]).reshape(12, 6)


_CIRCLES = _circles()


def empty_bars(score: Score, group: int, end: int = 0) -> float:
  """EB: the share of bars in which a group is silent; nan if there are no bars.

  A drum sounds in the bar of its onset, other notes in every bar they last
  into.

  Args:
    score: a Score.
    group: its index in `GROUPS`.
    end: a tick up to which silent bars count.
  """
  notes = _notes(score, group)
  onset = notes[:, ONSET]
  duration = 1 if group == DRUMS else notes[:, DURATION]
  return empty_share(onset, onset + duration, metre.bars(score, end))


def used_pitch_classes(score: Score, group: int) -> float:
  """UPC: the mean number of pitch classes in a bar, 0 to 12.

  Over the bars in which the group plays; nan if there is none.
  """
  used = np.count_nonzero(_chroma(score, group, metre.bars(score)), axis=1)
  return share(used.sum(), np.count_nonzero(used))


def qualified_notes(score: Score, group: int, sixteenths: int = 3) -> float:
  """QN: the share of notes that last some sixteenths or longer.

  Low values mean fragmented notes. Notes are those of the Score: a repeated note
  counts twice, and none ends at a bar line. nan if the group has no notes.
  """
  duration = _notes(score, group)[:, DURATION].astype(np.int64)
  qualified = 4 * duration >= sixteenths * score.resolution
  return share(np.count_nonzero(qualified), len(qualified))


def drum_pattern(score: Score) -> float:
  """DP: the share of drum hits on the eighths of a bar; nan without drums.

  The pattern of 8 beats of rock in 4/4. The paper's pattern of 16 contains every
  hit on a grid of sixteenths, and would always be 1.
  """
  onset = _notes(score, DRUMS)[:, ONSET]
  lines = metre.bars(score)
  place = onset - lines[metre.bar_of(lines, onset)]
  inside = 2 * place % score.resolution == 0
  return share(np.count_nonzero(inside), len(inside))


def tonal_distance(score: Score, one: int, other: int) -> float:
  """TD: the harmonic distance of two groups, 0 to 3; nan if never together.

  The mean distance of their centroids in the space of Harte et al. (2006) over
  the beats in which both sound. A pitch class is weighted by its duration;
  unisons within a group count once.
  """
  lines = beats(score)
  chroma = np.stack([_chroma(score, g, lines) for g in (one, other)])
  chroma = chroma[:, chroma.any(axis=2).all(axis=0)]
  if not chroma.size:
    return math.nan
  centroids = chroma @ _CIRCLES / chroma.sum(axis=2, keepdims=True)
  return float(np.linalg.norm(centroids[0] - centroids[1], axis=1).mean())


def _notes(score, group):
  """The notes of a group, int32 [N, 5]."""
  return score.notes[group_of(score.tracks)[score.notes[:, TRACK]] == group]


def _chroma(score, group, lines):
  """Durations of pitch classes between lines: float64 [spans, 12] ticks.

  As in a roll, two notes of one pitch count once, and two of one class twice.
  """
  begin, end, pitch = spans(_notes(score, group)).T
  first = metre.bar_of(lines, begin)
  after = np.searchsorted(lines, end)
  # Each note once for each span that it touches.
  span = steps(first, after)
  note = np.repeat(np.arange(len(pitch)), after - first)
  time = np.minimum(end[note], lines[span + 1]) - np.maximum(
    begin[note], lines[span]
  )
  cells = 12 * (len(lines) - 1)
  chroma = np.bincount(12 * span + pitch[note] % 12, time, minlength=cells)
  return chroma.reshape(-1, 12)
