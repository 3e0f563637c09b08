"""A grade of a piece: how far it is from a corpus, over many features.

In the manner of Fang et al. (2020), "Bach or Mock? A Grading Function for
Chorales in the Style of J.S. Bach": of each feature the Wasserstein distance
between its distribution in the piece and in the corpus, weighted. The weight is
that with which a piece of the corpus is 1 away on average; and distances count
by log2(1 + distance), so that a single bad feature does not hide all others.
"""

from collections.abc import Sequence
import math
from typing import NamedTuple

import numpy as np

from musiczoo.evaluation.metrics.grade_features import features
from musiczoo.evaluation.metrics.parts import parts as parts_of
from musiczoo.music.score import Score

_LEAST = 1e-3  # Distance between pieces of the corpus, at least.


class Feature(NamedTuple):
  """A feature in a corpus; lists, so that it can be written as JSON.

  Attributes:
    distribution: over the bins of the feature, sums to 1.
    distance: mean Wasserstein distance of the corpus' pieces from it, where the
      first and the last bin are 1 apart.
  """

  distribution: list[float]
  distance: float


Reference = dict[str, Feature]


def reference(scores: Sequence[Score]) -> Reference:
  """What pieces are graded by, from the pieces of a corpus.

  `json.dumps` writes it, and `from_json` reads that.

  Raises:
    ValueError: the tracks of a Score are no voices.
  """
  pieces = [features(parts_of(score)) for score in scores]
  found = {}
  for name in {name: None for piece in pieces for name in piece}:
    rows = np.array([piece[name] for piece in pieces if name in piece])
    mean = rows.mean(axis=0)
    distance = max(_LEAST, float(np.mean([wasserstein(r, mean) for r in rows])))
    found[name] = Feature(np.round(mean, 6).tolist(), round(distance, 6))
  return found


def from_json(value: dict[str, list]) -> Reference:
  """The reference that was written as JSON and parsed."""
  return {name: Feature(*feature) for name, feature in value.items()}


def grade(score: Score, reference: Reference) -> float:
  """The mean weighted distance of a piece from a corpus; lower is better.

  About 1 for pieces of the corpus; inf without any feature, as of silence.

  Args:
    score: whose tracks are voices.
    reference: of `reference`.

  Raises:
    ValueError: the tracks are no voices.
  """
  distances = list(feature_distances(score, reference).values())
  return (
    float(np.log2(1 + np.array(distances)).mean()) if distances else math.inf
  )


def feature_distances(score: Score, reference: Reference) -> dict[str, float]:
  """Each feature's distance, in that of a mean piece of the corpus."""
  return {
    name: wasserstein(row, np.array(reference[name].distribution))
    / reference[name].distance
    for name, row in features(parts_of(score)).items()
    if name in reference
  }


def wasserstein(row: np.ndarray, other: np.ndarray) -> float:
  """Distance of two distributions over the same bins, whose ends are 1 apart."""
  from scipy.stats import wasserstein_distance  # Takes a second to import.

  bins = np.linspace(0, 1, len(row))
  return float(wasserstein_distance(bins, bins, row, other))
