"""A sound: its samples, and how many of them are a second."""

from typing import NamedTuple

import numpy as np


class Sound(NamedTuple):
  """One channel of sound.

  Attributes:
    samples: float32 [N], full scale is -1..1.
    rate: samples a second.
  """

  samples: np.ndarray
  rate: int
