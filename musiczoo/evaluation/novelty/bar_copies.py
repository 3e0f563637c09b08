"""Bar copies: patterns of a track in a bar that occur in the training songs.

A pattern is all onsets of a track in a bar and their pitches, the lowest of the
first ones as zero: a transposed copy is a copy. Drums, whose pitches are
instruments, keep theirs. Lengths of notes are ignored, and so are patterns of few
notes, which occur in any music.
"""

from collections.abc import Iterable

import numpy as np

from musiczoo.evaluation.metrics.bar_patterns import bar_patterns
from musiczoo.evaluation.metrics.bootstrap import ratio_summary
from musiczoo.music import metre
from musiczoo.music.quantize import quantize
from musiczoo.music.score import Score

LEAST = 3  # Notes of a pattern.
STEPS = 12  # To a quarter note: sixteenths and triplets.


def bar_copies(
  train: Iterable[Score], **music: Iterable[Score]
) -> dict[str, tuple[float, float, float]]:
  """The share of the bar patterns of songs that are found in training songs.

  Songs have patterns in common: compare the share with that of songs held out.

  Args:
    train: the training songs, read once and in order.
    **music: other songs, by a name for each set of them.

  Returns:
    name -> share over all bars of all tracks, and its 95 % bootstrap interval over
    the songs; nan if there is no pattern.
  """
  known = {pattern for score in train for pattern in _patterns(score)}
  found = {}
  for name, scores in music.items():
    songs = [_patterns(score) for score in scores]
    copied = [sum(p in known for p in patterns) for patterns in songs]
    counts = {name: np.array(copied, float)}
    bases = {name: np.array([len(patterns) for patterns in songs], float)}
    found |= ratio_summary(counts, bases) if songs else {name: (np.nan,) * 3}
  return found


def _patterns(score):
  """[(whether of drums, bytes)] of each bar of each track."""
  score = quantize(score, STEPS)
  found = bar_patterns(score, metre.bars(score))
  drums = [score.tracks[i].drums for i in found.track.tolist()]
  return [
    (is_drums, (notes if is_drums else notes - [0, notes[0, 1]]).tobytes())
    for is_drums, notes in zip(drums, found.notes)
    if len(notes) >= LEAST
  ]
