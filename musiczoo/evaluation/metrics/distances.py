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


def half_differences(
  figures: Mapping[str, np.ndarray], *, seed: int = 0, splits: int = 40
) -> dict[str, float]:
  """By how much the means of two random halves of the pieces differ.

  Args:
    figures: name -> float64 [pieces], of at least two pieces.
    seed: of the halves, which all metrics have in common.
    splits: how many are drawn; the mean over those in which both halves have a
      mean.

  Returns:
    name -> difference; nan where no half has a mean.
  """
  rng = np.random.default_rng(seed)
  pieces = len(next(iter(figures.values()), ()))
  halves = [
    np.split(rng.permutation(pieces), [pieces // 2]) for _ in range(splits)
  ]
  return {
    name: _mean(
      np.array([abs(_mean(of[a]) - _mean(of[b])) for a, b in halves], float)
    )
    for name, of in figures.items()
  }


def gaps_in_halves(
  samples: Mapping[str, np.ndarray],
  corpus: Mapping[str, np.ndarray],
  *,
  seed: int = 0,
  splits: int = 40,
) -> dict[str, tuple[float, float, float]]:
  """The means of corpus and samples, and their gap in units of two halves' gap.

  The unit is `half_differences` of the corpus: 1 is what two random halves of the
  real pieces differ by. Equal music has a gap of about 1 where there is a sample
  for every three pieces of the corpus, and a larger one of fewer samples.

  Args:
    samples: figures of new pieces.
    corpus: figures of real pieces of the same length, at least two.
    seed, splits: as of `half_differences`.

  Returns:
    name -> mean of the corpus, mean of the samples, gap. The gap is infinite where
    the means differ and halves never do; nan where either has no mean.
  """
  units = half_differences(corpus, seed=seed, splits=splits)
  found = {}
  for name, unit in units.items():
    real, new = _mean(corpus[name]), _mean(samples[name])
    apart = abs(real - new)
    gap = apart / unit if unit else (math.inf if apart > 0 else apart)
    found[name] = real, new, gap
  return found


def _mean(values):
  """The mean of what is defined; nan of nothing."""
  values = values[~np.isnan(values)]
  return float(np.mean(values)) if len(values) else math.nan
