"""Windows of frames of sound walk in; figures of each walk out, for `gaps`."""

import numpy as np

PARTS_OF_FRAMES = ('level', 'spread', 'change')


def of_frames(x: np.ndarray) -> dict[str, np.ndarray]:
  """Of each number of a frame its mean, deviation and mean step in a window.

  Args:
    x: float32 [windows, T, D], normalized.

  Returns:
    name -> float64 [windows]; names begin with `PARTS_OF_FRAMES`.
  """
  x = np.asarray(x, np.float64)
  found = x.mean(1), x.std(1), np.abs(np.diff(x, axis=1)).mean(1)
  return {
      f'{part}_{number}': column
      for part, values in zip(PARTS_OF_FRAMES, found)
      for number, column in enumerate(values.T)
  }
