"""Metrics of Scores and audio frames, and distances between sets of them."""

from musiczoo.evaluation.metrics.audio_frames import (
  FRAME_METRICS,
  frame_metrics,
)
from musiczoo.evaluation.metrics.distances import gaps, mean_gap, summary
from musiczoo.evaluation.metrics.measure import (
  measure,
  METRICS,
  metrics,
  windows,
)
from musiczoo.evaluation.metrics.part_writing import Violation, violations

__all__ = [
  'FRAME_METRICS',
  'METRICS',
  'Violation',
  'frame_metrics',
  'gaps',
  'mean_gap',
  'measure',
  'metrics',
  'summary',
  'violations',
  'windows',
]
