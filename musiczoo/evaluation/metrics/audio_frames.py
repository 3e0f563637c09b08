"""Metrics of windows of audio frames: level, spread and change."""

import numpy as np

FRAME_METRICS = ('level', 'spread', 'change')


def frame_metrics(x: np.ndarray) -> dict[str, np.ndarray]:
  """Mean, deviation and mean absolute change of each number of a frame.

  Args:
    x: float32 [windows, T, D], normalized.

  Returns:
    name -> float64 [windows]; names begin with one of `FRAME_METRICS`.
  """
  x = np.asarray(x, np.float64)
  values = x.mean(1), x.std(1), np.abs(np.diff(x, axis=1)).mean(1)
  return {
    f'{metric}_{number}': column
    for metric, of_numbers in zip(FRAME_METRICS, values)
    for number, column in enumerate(of_numbers.T)
  }
