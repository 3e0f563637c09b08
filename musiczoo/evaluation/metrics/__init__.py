"""Scores, or frames, walk in; musical figures, and how far two sets are apart, walk out."""

from musiczoo.evaluation.metrics.compare import gap, gaps, summary
from musiczoo.evaluation.metrics.frames import of_frames, PARTS_OF_FRAMES
from musiczoo.evaluation.metrics.measure import (
    measure,
    METRICS,
    metrics,
    windows,
)

__all__ = [
    'METRICS',
    'PARTS_OF_FRAMES',
    'gap',
    'gaps',
    'measure',
    'metrics',
    'of_frames',
    'summary',
    'windows',
]
