"""The best of several samples of each piece, by a score."""

from collections.abc import Callable, Sequence

import numpy as np

from musiczoo.music.score import Score
from musiczoo.sampling.generate import Generated


def best(
  generated: Generated,
  num_outputs: int,
  scores: Callable[[Sequence[Score]], np.ndarray],
) -> Generated:
  """Keeps the sample of each piece with the lowest score.

  Args:
    generated: `num_outputs` samples of any number of rounds: piece i is sample
      i, num_outputs + i, ...
    num_outputs: number of pieces.
    scores: Scores -> a number of each; nan is never the best.

  Returns:
    num_outputs samples.
  """
  values = np.asarray(scores(generated.scores), float).reshape(-1, num_outputs)
  values = np.where(np.isnan(values), np.inf, values)
  kept = values.argmin(axis=0) * num_outputs + np.arange(num_outputs)
  chosen = [generated.scores[i] for i in kept.tolist()]
  return generated._replace(x=generated.x[kept], scores=chosen)
