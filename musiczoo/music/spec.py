"""What a model needs to know of a representation: shapes, kinds, units."""

from typing import NamedTuple

import numpy as np


class Spec(NamedTuple):
  """What x is, as a Representation has it.

  Attributes:
    kind: 'bits', 'tokens', 'voices' or 'frames'.
    depth: bits of a step, size of the vocabulary, symbols of one voice, or
      numbers of a frame.
    shape: of one step.
    planes: bits of a step are so many planes of pitches.
    clock: int32 [depth], by how many steps of the grid each token moves time
      on; None where each step of x is one of the grid.
  """

  kind: str
  depth: int
  shape: tuple[int, ...]
  planes: int = 1
  clock: np.ndarray | None = None

  @property
  def dtype(self) -> type:
    """Of x as a model writes it: frames are real numbers, all else is whole."""
    return np.float32 if self.kind == 'frames' else np.int32
