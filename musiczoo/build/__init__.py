"""From a config to its parts: representation, model, data, optimizer, devices."""

from musiczoo.build.config import (
  Choice,
  Conditions,
  RunConfig,
  Sampling,
  Sections,
)
from musiczoo.build.data import (
  batches,
  corpus,
  pieces,
  warn_of_grid,
  with_statistics,
)
from musiczoo.build.pipeline import make_model, Pipeline, pipeline
from musiczoo.build.system import cache_compilation, devices, optimizer

__all__ = [
  'batches',
  'cache_compilation',
  'Choice',
  'Conditions',
  'corpus',
  'devices',
  'make_model',
  'optimizer',
  'pieces',
  'Pipeline',
  'pipeline',
  'RunConfig',
  'Sampling',
  'Sections',
  'warn_of_grid',
  'with_statistics',
]
