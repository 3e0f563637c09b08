"""Scores walk in; musical figures, and how far two sets are apart, walk out."""

from musiczoo.metrics.compare import gap, gaps, summary
from musiczoo.metrics.measure import measure, METRICS, metrics, windows

__all__ = [
    'METRICS',
    'gap',
    'gaps',
    'measure',
    'metrics',
    'summary',
    'windows',
]
