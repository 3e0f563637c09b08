"""Figures of two grid points, seed by seed -> which is better, if that is known.

Both are trained with the same seeds, so each seed is a pair, and what a lucky
start gives to both falls out of the difference.
"""

from collections.abc import Mapping, Sequence
import math
from typing import NamedTuple

import numpy as np

from musiczoo.errors import UserError

LEVEL = 0.05  # The share of false alarms among verdicts where nothing differs.
MOST_PAIRS = 40  # Of which all 2^40 ways to flip signs can be counted.


class Paired(NamedTuple):
  """A point against another, over the seeds that both have; low is good.

  Attributes:
    a, b: names of the points.
    n: pairs.
    mean: of the differences a - b.
    low, high: Student's t interval of that mean, 95 %.
    p: exact, two-sided, of the sign-flip permutation test.
    holm: p, corrected for all that were compared (Holm 1979).
    needed: pairs below which no such p can be small enough to decide.
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
  def decided(self) -> bool:
    return self.holm <= LEVEL


def compare(
    best: str, figures: Mapping[str, Mapping[int, float]]
) -> list[Paired]:
  """The best point against each other one, in their order.

  Args:
    figures: of each point, by seed.
  """
  others = [point for point in figures if point != best]
  needed = pairs_needed(len(others))
  found = []
  for other in others:
    seeds = sorted(figures[best].keys() & figures[other].keys())
    d = [figures[best][s] - figures[other][s] for s in seeds]
    low, high = t_interval(d)
    mean = float(np.mean(d)) if d else math.nan
    p = sign_flip_p(d)
    found.append(Paired(best, other, len(d), mean, low, high, p, p, needed))
  corrected = holm([paired.p for paired in found])
  return [pair._replace(holm=p) for pair, p in zip(found, corrected)]


def say(pair: Paired) -> str:
  """One line of words, and the numbers they stand on."""
  numbers = (
      f'{pair.mean:+.4f} [{pair.low:+.4f}, {pair.high:+.4f}], '
      f'p {pair.p:.4g}, corrected {pair.holm:.4g}'
  )
  if pair.decided:
    relation = 'is better than' if pair.mean < 0 else 'is worse than'
    return f'{pair.a} {relation} {pair.b}: {numbers}, {pair.n} seeds'
  why = ''
  if pair.n < pair.needed:
    why = f'; no p of {pair.n} pairs can decide, {pair.needed} seeds could'
  return (
      f'{pair.a} or {pair.b}: undecided at {pair.n} seeds: {numbers}{why}'
  )


def pairs_needed(comparisons: int) -> int:
  """The fewest pairs whose least p passes Holm's first hurdle.

  The least two-sided p of n pairs is 2 / 2^n: all differences of one sign.
  """
  return 1 + math.ceil(math.log2(max(comparisons, 1) / LEVEL))


def sign_flip_p(differences: Sequence[float]) -> float:
  """Exact two-sided p of the sign-flip permutation test (Fisher 1935).

  If a and b were alike, each difference would as likely have the other sign: p
  is the share of the 2^n ways to flip them whose sum is as far from 0 as this
  one. They are counted, not drawn: half of the seeds give a sorted table of
  sums, in which those of the other half look up how many reach.

  Raises:
    UserError: more than `MOST_PAIRS`.
  """
  d = np.asarray(differences, np.float64)
  if len(d) > MOST_PAIRS:
    raise UserError(f'{len(d)} pairs are too many to count: {MOST_PAIRS} do')
  halves = []
  for half in (d[: len(d) // 2], d[len(d) // 2 :]):
    sums = np.zeros(1)
    for x in half:
      sums = np.concatenate([sums + x, sums - x])
    halves.append(sums)
  few, many = halves[0], np.sort(halves[1])
  # Sums that are equal but for their rounding count as equal.
  reach = abs(d.sum()) - 1e-9 * np.abs(d).sum()
  above = len(many) - np.searchsorted(many, reach - few, 'left')
  below = np.searchsorted(many, -reach - few, 'right')
  # Where nothing differs a sum of 0 is both.
  return min(1.0, float((above + below).sum()) / 2.0 ** len(d))


def holm(p: Sequence[float]) -> list[float]:
  """Holm's step-down correction: p of a family of tests, each at LEVEL."""
  corrected, most = [0.0] * len(p), 0.0
  for rank, i in enumerate(sorted(range(len(p)), key=p.__getitem__)):
    most = max(most, min(1.0, (len(p) - rank) * p[i]))
    corrected[i] = most
  return corrected


def t_interval(values: Sequence[float]) -> tuple[float, float]:
  """The 95 % interval of a mean; (nan, nan) of fewer than two values."""
  n = len(values)
  if n < 2:
    return math.nan, math.nan
  half = t_quantile(1 - LEVEL / 2, n - 1) * np.std(values, ddof=1) / n**0.5
  mean = np.mean(values)
  return float(mean - half), float(mean + half)


def t_quantile(share: float, freedom: int) -> float:
  """Student's t of a share in [0.5, 1), found by halving."""
  low, high = 0.0, 1.0
  while _t_within(high, freedom) < 2 * share - 1:
    high *= 2
  for _ in range(80):
    middle = (low + high) / 2
    if _t_within(middle, freedom) < 2 * share - 1:
      low = middle
    else:
      high = middle
  return high


def _t_within(t, freedom):
  """P(-t < T < t) of whole degrees (Abramowitz & Stegun 1964, 26.7.3, 26.7.4)."""
  angle = math.atan2(t, freedom**0.5)
  sine, cosine = math.sin(angle), math.cos(angle)
  odd = freedom % 2
  total = term = (cosine if odd else 1.0) if freedom > 1 else 0.0
  for k in range(2 + odd, freedom - 1, 2):
    term *= (k - 1) / k * cosine**2
    total += term
  return (angle + sine * total) * 2 / math.pi if odd else sine * total
