"""Scores walk in; a figure of each metric for each of them walks out."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations

import numpy as np

from musiczoo.evaluation.metrics import groups, pitches, rhythm
from musiczoo.music import harmony, score as score_lib
from musiczoo.music.score import Score
from musiczoo.representations.tracks import GROUPS


def metrics(end: int = 0) -> dict[str, Callable[[Score], float]]:
  """All metrics by name: functions of a Score, nan where they are undefined.

  Args:
    end: a tick up to which silence counts, for pieces that may end in it.
  """
  names = [track.name.lower() for track in GROUPS]

  def of_pitched(name, metric):
    return {
        f'{name}_{names[g]}': partial(metric, group=g) for g in groups.PITCHED
    }

  return {
      'pitch_range': pitches.pitch_range,
      'n_pitches_used': pitches.n_pitches_used,
      'n_pitch_classes_used': pitches.n_pitch_classes_used,
      'polyphony': pitches.polyphony,
      'polyphony_rate': partial(pitches.polyphony_rate, end=end),
      'pitch_in_scale_rate': pitches.pitch_in_scale_rate,
      'scale_consistency': pitches.scale_consistency,
      'pitch_entropy': pitches.pitch_entropy,
      'pitch_class_entropy': pitches.pitch_class_entropy,
      'empty_beat_rate': partial(rhythm.empty_beat_rate, end=end),
      'drum_in_pattern_rate': rhythm.drum_in_pattern_rate,
      'drum_pattern_consistency': rhythm.drum_pattern_consistency,
      'groove_consistency': rhythm.groove_consistency,
      'empty_measure_rate': partial(rhythm.empty_measure_rate, end=end),
      **{
          f'empty_bars_{name}': partial(groups.empty_bars, group=g, end=end)
          for g, name in enumerate(names)
      },
      **of_pitched('used_pitch_classes', groups.used_pitch_classes),
      **of_pitched('qualified_notes', groups.qualified_notes),
      **{
          f'tonal_distance_{names[a]}_{names[b]}': partial(
              groups.tonal_distance, one=a, other=b
          )
          for a, b in combinations(groups.PITCHED, 2)
      },
      'drum_pattern': groups.drum_pattern,
  }


METRICS = metrics()


def measure(
    scores: Sequence[Score], *, num_steps: int = 0, steps_per_quarter: int = 4
) -> dict[str, np.ndarray]:
  """What each metric says of each Score, on a common grid.

  Args:
    scores: pieces; to be compared with others they must be as long as those
      are, for many metrics grow with the length: cut them by `windows`.
    num_steps: how long each is. A Score ends with its last note, and without
      this its silence after that doesn't count.
    steps_per_quarter: the grid.

  Returns:
    name -> float64 [scores], nan where the metric is undefined.
  """
  scores = [score_lib.quantize(score, steps_per_quarter) for score in scores]
  return {
      name: np.array([metric(score) for score in scores], float)
      for name, metric in metrics(num_steps).items()
  }


def windows(score: Score, ticks: int) -> list[Score]:
  """Cuts a Score into windows that begin at bar lines and do not overlap.

  Args:
    score: a Score, quantized if the windows should meet a grid.
    ticks: how long each is; on a grid of four steps a bar of 4/4 has 16. If a
      window ends within a bar, the rest of that bar is in none.

  Returns:
    As many as fit, the last bar whole; perhaps none. Some may be silent.
  """
  lines = harmony.bars(score)
  found, begin = [], 0
  while begin + ticks <= lines[-1]:
    found.append(score_lib.cut(score, begin, begin + ticks))
    begin = int(lines[np.searchsorted(lines, begin + ticks)])
  return found
