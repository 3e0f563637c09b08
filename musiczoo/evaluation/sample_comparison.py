"""The gap between samples and real windows, for models without a likelihood."""

from typing import NamedTuple

import numpy as np

from musiczoo.build import Pipeline
from musiczoo.data.pieces import Pieces
from musiczoo.evaluation import metrics
from musiczoo.music.score import Score
from musiczoo.sampling.windows import make_sample_windows, real_windows
from musiczoo.training.parallel import Parallel

MAX_WINDOWS = 128  # Of either side, to compare checkpoints.
# The metrics of MuseGAN, each of several groups of instruments.
MUSEGAN_METRICS = (
  'empty_bars',
  'used_pitch_classes',
  'qualified_notes',
  'tonal_distance',
  'drum_pattern',
)


class Comparison(NamedTuple):
  """Sampled windows beside real ones.

  Attributes:
    scores: the sampled windows; empty for audio.
    samples: metric -> float64 [windows] of the sampled windows.
    real: metric -> float64 [windows] of as many real windows.
  """

  scores: list[Score]
  samples: dict[str, np.ndarray]
  real: dict[str, np.ndarray]


def make_compare(pipeline: Pipeline, pieces: Pieces, limit: int = MAX_WINDOWS):
  """Returns compare(params, seed) -> Comparison, as many windows on each side.

  A conditional model is given the conditions of the real windows.

  Args:
    pieces: of a split, with `cond`.
    limit: number of windows to compare; of more, as many evenly spread.

  Raises:
    UserError: no piece is as long as a window.
  """
  x, cond = real_windows(pieces, pipeline.model.window, limit)
  sample = make_sample_windows(pipeline, len(x), cond)
  _, real = _measure(pipeline, x)

  def compare(params, seed=0):
    """Args: params, on the host; seed, of the samples."""
    return Comparison(*_measure(pipeline, sample(params, seed)), real)

  return compare


def _measure(pipeline, x):
  """The Scores of windows x, and metric -> float64 [windows]."""
  spec = pipeline.spec
  if spec.is_audio:  # Compared as frames, without rendering them.
    return [], metrics.frame_metrics(x)
  scores = [pipeline.representation.decode(window) for window in x]
  return scores, metrics.measure(
    scores, num_steps=x.shape[1], steps_per_quarter=spec.steps_per_quarter
  )


def report(comparison: Comparison) -> dict[str, float | dict]:
  """The gap; and of each metric mean and interval of both sides, and its gap."""
  _, samples, real = comparison
  means, real_means = metrics.summary(samples), metrics.summary(real)
  gaps = metrics.gaps(samples, real)
  return {'gap': metrics.mean_gap(gaps)} | {
    name: {'samples': means[name], 'split': real_means[name], 'gap': gap}
    for name, gap in gaps.items()
  }


def make_gap(devices: Parallel, pipeline: Pipeline, pieces: Pieces):
  """Returns gap(params) -> dict of the mean gap and its parts, 0 to 1.

  Args:
    params: replicated by `devices`.
  """
  parts = metrics.FRAME_METRICS if pipeline.spec.is_audio else MUSEGAN_METRICS
  compare = make_compare(pipeline, pieces)

  def gap(params) -> dict[str, float]:
    _, samples, real = compare(devices.fetch(params))
    gaps = metrics.gaps(samples, real)
    result = {'gap': metrics.mean_gap(gaps)}
    for part in parts:
      values = [v for name, v in gaps.items() if name.startswith(part)]
      if values:
        result[f'gap_{part}'] = float(np.mean(values))
    return result

  return gap
