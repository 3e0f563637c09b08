"""Metrics of Scores and audio frames, and distances between sets of them."""

from musiczoo.evaluation.metrics.audio_frames import (
  FRAME_METRICS,
  frame_metrics,
)
from musiczoo.evaluation.metrics.distances import (
  gaps,
  gaps_in_halves,
  mean_gap,
  summary,
)
from musiczoo.evaluation.metrics.measure import (
  measure,
  METRICS,
  metrics,
  windows,
)
from musiczoo.evaluation.metrics.part_writing import Violation, violations
from musiczoo.evaluation.metrics.songs import (
  measure_songs,
  SONG_MEASURES,
)

__all__ = [
  'FRAME_METRICS',
  'METRICS',
  'SONG_MEASURES',
  'Violation',
  'frame_metrics',
  'gaps',
  'gaps_in_halves',
  'mean_gap',
  'measure',
  'measure_songs',
  'metrics',
  'summary',
  'violations',
  'windows',
]
