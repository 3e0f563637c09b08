"""Figures of pieces walk in; their means, and how far two sets are apart, out.

Figures are what `measure` gives: name -> float64 [pieces], nan where a metric
is undefined of a piece, which is then left out of that metric.
"""

from collections.abc import Mapping
import math

import numpy as np

_INTERVAL = (2.5, 97.5)  # Percentiles.


def summary(
    figures: Mapping[str, np.ndarray], *, seed: int = 0, resamples: int = 1000
) -> dict[str, tuple[float, float, float]]:
  """The mean of each metric over the pieces, and its 95 % bootstrap interval.

  Pieces are drawn anew with replacement, all metrics of one together; the
  interval is of percentiles (Efron and Tibshirani 1993, chapter 13).

  Args:
    figures: name -> float64 [pieces].
    seed: of the draws.
    resamples: how often as many pieces are drawn as there are.

  Returns:
    name -> mean, low, high; nan where no piece has a figure.
  """
  values = np.stack(list(figures.values()), axis=1)
  defined = (~np.isnan(values)).astype(float)
  values = np.nan_to_num(values)
  pieces = len(values)

  def mean(times):
    """Of each metric, if the pieces count as many times."""
    weight = times @ defined
    sums = np.where(weight > 0, times @ values, math.nan)
    return sums / np.maximum(weight, 1)

  rng = np.random.default_rng(seed)
  drawn = np.empty((resamples, len(figures)))
  for row in drawn:
    piece = rng.integers(max(pieces, 1), size=pieces)
    row[:] = mean(np.bincount(piece, minlength=pieces).astype(float))
  found = {}
  for name, middle, column in zip(figures, mean(np.ones(pieces)), drawn.T):
    column = column[~np.isnan(column)]
    ends = np.percentile(column, _INTERVAL) if len(column) else [math.nan] * 2
    found[name] = float(middle), float(ends[0]), float(ends[1])
  return found


def gaps(
    samples: Mapping[str, np.ndarray], corpus: Mapping[str, np.ndarray]
) -> dict[str, float]:
  """How far samples are from the corpus, by each metric: 0 to 1.

  A gap is w / (w + sd): w, the area between the two cumulative distributions
  (the earth mover's distance), is the difference of the means and more, for it
  also grows if all samples are alike; sd is the deviation over the corpus'
  pieces. So units cancel, half is a shift by one deviation, and no metric can
  drown the others, though the corpus hardly vary in it. Even two sets of the
  same music are apart a little, the more the smaller they are.

  A metric which is undefined in one set alone is a whole gap, 1; in both it is
  left out.

  Args:
    samples: figures of new pieces.
    corpus: figures of `windows` of real pieces, as long as the samples.
  """
  found = {}
  for name in samples:
    a, b = (np.sort(x[~np.isnan(x)]) for x in (samples[name], corpus[name]))
    if len(a) and len(b):
      distance = _earth_mover(a, b)
      found[name] = distance / (distance + b.std()) if distance else 0.0
    elif len(a) or len(b):
      found[name] = 1.0
  return found


def gap(
    samples: Mapping[str, np.ndarray], corpus: Mapping[str, np.ndarray]
) -> float:
  """The mean of all `gaps`, to monitor and select by; nan if there are none."""
  found = gaps(samples, corpus).values()
  return float(np.mean(list(found))) if found else math.nan


def _earth_mover(a, b):
  """The area between the cumulative distributions of two sorted samples."""
  both = np.sort(np.concatenate([a, b]))
  below = [np.searchsorted(x, both[:-1], side='right') / len(x) for x in (a, b)]
  return float(np.abs(below[0] - below[1]) @ np.diff(both))
