"""Means of metrics over pieces, and distances between two sets of pieces.

Figures are those of `measure`: name -> float64 [pieces], nan where a metric is
undefined for a piece, which is then left out of that metric.
"""

from collections.abc import Mapping
import math

import numpy as np

_INTERVAL = (2.5, 97.5)  # Percentiles.


def summary(
  figures: Mapping[str, np.ndarray], *, seed: int = 0, resamples: int = 1000
) -> dict[str, tuple[float, float, float]]:
  """The mean of each metric over the pieces, and its 95 % bootstrap interval.

  Pieces are resampled with replacement, all metrics of a piece together; the
  interval is that of the percentiles (Efron and Tibshirani 1993, chapter 13).

  Args:
    figures: name -> float64 [pieces].
    seed: of the resampling.
    resamples: number of bootstrap samples.

  Returns:
    name -> mean, low, high; nan where the metric is undefined for all pieces.
  """
  values = np.stack(list(figures.values()), axis=1)
  defined = (~np.isnan(values)).astype(float)
  values, pieces = np.nan_to_num(values), len(values)

  def mean(counts):
    """The mean of each metric if each piece counts so many times."""
    weight = counts @ defined
    sums = np.where(weight > 0, counts @ values, math.nan)
    return sums / np.maximum(weight, 1)

  rng = np.random.default_rng(seed)
  drawn = (rng.integers(max(pieces, 1), size=pieces) for _ in range(resamples))
  counts = (np.bincount(piece, minlength=pieces) for piece in drawn)
  means = np.stack([mean(count.astype(float)) for count in counts])
  found = {}
  for name, middle, column in zip(figures, mean(np.ones(pieces)), means.T):
    column = column[~np.isnan(column)]
    ends = np.percentile(column, _INTERVAL) if len(column) else [math.nan] * 2
    found[name] = tuple(map(float, (middle, *ends)))
  return found


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
