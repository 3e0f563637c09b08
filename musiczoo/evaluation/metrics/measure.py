"""All metrics of Scores by name, and windows to measure."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations

import numpy as np

from musiczoo.evaluation.metrics import musegan, muspy
from musiczoo.music import metre, transform
from musiczoo.music.quantize import quantize
from musiczoo.music.score import Score
from musiczoo.representations.tracks import GROUPS


def metrics(end: int = 0) -> dict[str, Callable[[Score], float]]:
  """All metrics by name: functions of a Score, nan where undefined.

  Args:
    end: a tick up to which silence counts, for pieces that may end in it.
  """
  names = [track.name.lower() for track in GROUPS]
  found = {
    'pitch_range': muspy.pitch_range,
    'n_pitches_used': muspy.n_pitches_used,
    'n_pitch_classes_used': muspy.n_pitch_classes_used,
    'polyphony': muspy.polyphony,
    'polyphony_rate': partial(muspy.polyphony_rate, end=end),
    'pitch_in_scale_rate': muspy.pitch_in_scale_rate,
    'scale_consistency': muspy.scale_consistency,
    'pitch_entropy': muspy.pitch_entropy,
    'pitch_class_entropy': muspy.pitch_class_entropy,
    'empty_beat_rate': partial(muspy.empty_beat_rate, end=end),
    'drum_in_pattern_rate': muspy.drum_in_pattern_rate,
    'drum_pattern_consistency': muspy.drum_pattern_consistency,
    'groove_consistency': muspy.groove_consistency,
    'empty_measure_rate': partial(muspy.empty_measure_rate, end=end),
  }
  for g, name in enumerate(names):
    found[f'empty_bars_{name}'] = partial(musegan.empty_bars, group=g, end=end)
  for metric in musegan.used_pitch_classes, musegan.qualified_notes:
    for g in musegan.PITCHED:
      found[f'{metric.__name__}_{names[g]}'] = partial(metric, group=g)
  for a, b in combinations(musegan.PITCHED, 2):
    found[f'tonal_distance_{names[a]}_{names[b]}'] = partial(
      musegan.tonal_distance, one=a, other=b
    )
  return found | {'drum_pattern': musegan.drum_pattern}


METRICS = metrics()


def measure(
  scores: Sequence[Score], *, num_steps: int = 0, steps_per_quarter: int = 4
) -> dict[str, np.ndarray]:
  """Each metric of each Score, on a common grid.

  Args:
    scores: pieces; to be compared with others they must be as long as those
      are, for many metrics grow with the length: cut them by `windows`.
    num_steps: how long each is. A Score ends with its last note, and without
      this its silence after that doesn't count.
    steps_per_quarter: the grid.

  Returns:
    name -> float64 [scores], nan where the metric is undefined.
  """
  scores = [quantize(score, steps_per_quarter) for score in scores]
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
  lines = metre.bars(score)
  found, begin = [], 0
  while begin + ticks <= lines[-1]:
    found.append(transform.cut(score, begin, begin + ticks))
    begin = int(lines[np.searchsorted(lines, begin + ticks)])
  return found
