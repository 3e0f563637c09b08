"""Ratios of sums over pieces, and their bootstrap intervals."""

from collections.abc import Mapping
import math

import numpy as np

_INTERVAL = (2.5, 97.5)  # Percentiles.


def ratio_summary(
  counts: Mapping[str, np.ndarray],
  bases: Mapping[str, np.ndarray],
  *,
  seed: int = 0,
  resamples: int = 1000,
) -> dict[str, tuple[float, float, float]]:
  """Sum of counts over sum of bases, and its 95 % bootstrap interval.

  Pieces are resampled with replacement, all figures of a piece together; the
  interval is that of the percentiles (Efron and Tibshirani 1993, chapter 13).

  Args:
    counts, bases: name -> float64 [pieces], of the same names.
    seed: of the resampling.
    resamples: number of bootstrap samples.

  Returns:
    name -> ratio, low, high; nan where all bases are 0.
  """
  part, whole = (np.stack(list(x.values()), axis=1) for x in (counts, bases))
  drawn = draws(len(part), seed, resamples)
  ratios = _divide(drawn @ part, drawn @ whole)
  middles = _divide(part.sum(axis=0), whole.sum(axis=0))
  return {
    name: (float(middle), *percentiles(column))
    for name, middle, column in zip(counts, middles, ratios.T)
  }


def percentiles(values: np.ndarray) -> tuple[float, float]:
  """The ends of the 95 % interval of resampled values; nan if none is defined."""
  values = values[~np.isnan(values)]
  if not len(values):
    return math.nan, math.nan
  low, high = np.percentile(values, _INTERVAL)
  return float(low), float(high)


def draws(pieces: int, seed: int, resamples: int = 1000) -> np.ndarray:
  """How often each piece is drawn: float64 [resamples, pieces]."""
  rng = np.random.default_rng(seed)
  drawn = (rng.integers(max(pieces, 1), size=pieces) for _ in range(resamples))
  counts = [np.bincount(piece, minlength=pieces) for piece in drawn]
  return np.stack(counts).astype(float)


def _divide(part, whole):
  return np.where(whole > 0, part, math.nan) / np.where(whole > 0, whole, 1)
