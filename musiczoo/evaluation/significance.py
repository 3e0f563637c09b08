"""Significance of the difference of two grid points, paired by seed.

Both are trained with the same seeds, so each seed is a pair, and what a seed
changes in both cancels in the difference.
"""

from collections.abc import Mapping, Sequence
import math
from typing import NamedTuple

import numpy as np

from musiczoo.errors import UserError

LEVEL = 0.05  # Probability of any false positive, over all comparisons.
MAX_PAIRS = 40  # All 2^40 ways to flip signs can still be counted.


class Paired(NamedTuple):
  """A point against another, over the seeds that both have; lower is better.

  Attributes:
    a, b: names of the points.
    n: number of pairs.
    mean: of the differences a - b.
    low, high: Student's t interval of that mean, 95 %.
    p: exact two-sided p-value of the sign-flip permutation test.
    holm: p corrected for all comparisons (Holm 1979).
    needed: the number of pairs below which p cannot be significant.
  """

  a: str
  b: str
  n: int
  mean: float
  low: float
  high: float
  p: float
  holm: float
  needed: int

  @property
  def significant(self) -> bool:
    """Whether the corrected p-value is at most `LEVEL`."""
    return self.holm <= LEVEL


def compare_points(
  best: str, figures: Mapping[str, Mapping[int, float]]
) -> list[Paired]:
  """Compares the best point with each other one, in their order.

  Args:
    best: name of a point.
    figures: point -> seed -> figure.
  """
  others = [point for point in figures if point != best]
  differences = []
  for other in others:
    seeds = sorted(figures[best].keys() & figures[other].keys())
    differences.append([figures[best][s] - figures[other][s] for s in seeds])
  p, needed = list(map(sign_flip_p, differences)), pairs_needed(len(others))
  found = []
  for other, d, *p_values in zip(others, differences, p, holm(p)):
    mean = float(np.mean(d)) if d else math.nan
    numbers = len(d), mean, *t_interval(d), *p_values
    found.append(Paired(best, other, *numbers, needed))
  return found


def describe(pair: Paired) -> str:
  """One line: which is better, and the numbers."""
  numbers = (
    f'{pair.mean:+.4f} [{pair.low:+.4f}, {pair.high:+.4f}], '
    f'p {pair.p:.4g}, corrected {pair.holm:.4g}'
  )
  if pair.significant:
    relation = 'is better than' if pair.mean < 0 else 'is worse than'
    return f'{pair.a} {relation} {pair.b}: {numbers}, {pair.n} seeds'
  why = f'; it takes at least {pair.needed} seeds to decide'
  return f'{pair.a} or {pair.b}: undecided at {pair.n} seeds: {numbers}' + (
    why if pair.n < pair.needed else ''
  )


def pairs_needed(comparisons: int) -> int:
  """The fewest pairs that can be significant after Holm's correction.

  The smallest two-sided p of n pairs is 2 / 2^n: all differences of one sign.
  """
  return 1 + math.ceil(math.log2(max(comparisons, 1) / LEVEL))


def sign_flip_p(differences: Sequence[float]) -> float:
  """Exact two-sided p-value of the sign-flip permutation test (Fisher 1935).

  Under the null hypothesis each difference is as likely to have the other sign:
  p is the share of the 2^n ways to flip them whose sum is as far from 0 as this
  one. They are counted, not sampled: the sums of one half of the seeds are
  looked up in the sorted sums of the other half.

  Raises:
    UserError: more than `MAX_PAIRS`.
  """
  d = np.asarray(differences, np.float64)
  if len(d) > MAX_PAIRS:
    raise UserError(f'{len(d)} pairs are too many: give {MAX_PAIRS} or fewer')
  first, second = map(_signed_sums, np.split(d, [len(d) // 2]))
  second.sort()
  # Sums that differ by rounding alone count as equal.
  reach = abs(d.sum()) - 1e-9 * np.abs(d).sum()
  above = len(second) - np.searchsorted(second, reach - first, 'left')
  below = np.searchsorted(second, -reach - first, 'right')
  # If all differences are 0, each sum is counted twice.
  return min(1.0, float((above + below).sum()) / 2.0 ** len(d))


def _signed_sums(d):
  """The sums of d with each combination of signs: [2^n]."""
  sums = np.zeros(1)
  for x in d:
    sums = np.concatenate([sums + x, sums - x])
  return sums


def holm(p: Sequence[float]) -> list[float]:
  """Holm's step-down correction: p of a family of tests, each at LEVEL."""
  corrected, most = [0.0] * len(p), 0.0
  for rank, i in enumerate(sorted(range(len(p)), key=p.__getitem__)):
    most = max(most, min(1.0, (len(p) - rank) * p[i]))
    corrected[i] = most
  return corrected


def t_interval(values: Sequence[float]) -> tuple[float, float]:
  """Student's 95 % interval of a mean; (nan, nan) of fewer than two values."""
  from scipy import stats  # Takes a second to import.

  n = len(values)
  if n < 2:
    return math.nan, math.nan
  mean, error = np.mean(values), np.std(values, ddof=1) / n**0.5
  half = stats.t.ppf(1 - LEVEL / 2, n - 1) * error
  return float(mean - half), float(mean + half)
