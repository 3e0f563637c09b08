"""Means of metrics over pieces, and distances between two sets of pieces.

Figures are those of `measure`: name -> float64 [pieces], nan where a metric is
undefined for a piece, which is then left out of that metric.
"""

from collections.abc import Mapping
import math

import numpy as np

from musiczoo.evaluation.metrics.bootstrap import ratio_summary


def summary(
  figures: Mapping[str, np.ndarray], *, seed: int = 0, resamples: int = 1000
) -> dict[str, tuple[float, float, float]]:
  """The mean of each metric over the pieces, and its 95 % bootstrap interval.

  Args:
    figures: name -> float64 [pieces].
    seed, resamples: as of `ratio_summary`.

  Returns:
    name -> mean, low, high; nan where the metric is undefined for all pieces.
  """
  return ratio_summary(
    {name: np.nan_to_num(of) for name, of in figures.items()},
    {name: (~np.isnan(of)).astype(float) for name, of in figures.items()},
    seed=seed,
    resamples=resamples,
  )


def gaps(
  samples: Mapping[str, np.ndarray], corpus: Mapping[str, np.ndarray]
) -> dict[str, float]:
  """The distance of samples from the corpus by each metric: 0 to 1.

  A gap is w / (w + sd): w is the earth mover's distance of the two
  distributions, at least the difference of their means, and larger if the
  samples are all alike; sd is the deviation over the corpus' pieces. So units
  cancel, 0.5 is a shift by one deviation, and no metric dominates the others
  because the corpus hardly varies in it. Two sets of the same music have a small
  gap, too, which grows as they get smaller.

  A metric that is undefined in one set only has gap 1; in both it is left out.

  Args:
    samples: figures of new pieces.
    corpus: figures of `windows` of real pieces, as long as the samples.
  """
  from scipy.stats import wasserstein_distance  # Takes a second to import.

  found = {}
  for name in samples:
    a, b = (x[~np.isnan(x)] for x in (samples[name], corpus[name]))
    if len(a) and len(b):
      distance = wasserstein_distance(a, b)
      found[name] = float(distance / (distance + b.std())) if distance else 0.0
    elif len(a) or len(b):
      found[name] = 1.0
  return found


def mean_gap(gaps: Mapping[str, float]) -> float:
  """The mean of all gaps, to select checkpoints by; nan if there are none."""
  return float(np.mean(list(gaps.values()))) if gaps else math.nan
