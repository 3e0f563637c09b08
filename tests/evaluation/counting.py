"""The unigram baseline of piano-rolls by counting, for the family `unigram`."""

from collections.abc import Sequence

import numpy as np


def unigram(
  train: Sequence[np.ndarray], test: Sequence[np.ndarray]
) -> dict[str, float]:
  """Nats per frame if the keys of a piano-roll are independent.

  A key sounds with probability (frames it sounds in + 1/2) / (frames + 1).

  Args:
    train: pieces of `pianoroll`, [T, P] of 0 and 1.
    test: likewise.

  Returns:
    'nll_per_frame' over all frames (Boulanger-Lewandowski et al. 2012) and
    'nll_per_frame_tcn' over frames 2..T of each piece (Bai et al. 2018).
  """
  frames = np.concatenate(train)
  p = (frames.sum(axis=0, dtype=np.int64) + 0.5) / (len(frames) + 1)

  def score(pieces):
    x = np.concatenate(pieces)
    on = x.mean(axis=0)
    return float(-(on * np.log(p) + (1 - on) * np.log(1 - p)).sum())

  return {
    'nll_per_frame': score(test),
    'nll_per_frame_tcn': score([x[1:] for x in test]),
  }
