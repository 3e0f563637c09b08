"""The contract of a representation: a Spec and three pure functions."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music.score import Score
from musiczoo.music.spec import Spec


class Representation(NamedTuple):
  """How a Score becomes an integer array x and comes back; or a Sound, floats.

  The law: `decode(encode(s)) == project(quantize(s, steps_per_quarter))`.
  `project` is idempotent; `decode` takes any array of the right shape and
  makes a legal Score of it; `encode(decode(x)) == x` for canonical x. Of a Sound
  no more is kept than its spectrum, approximately.

  Attributes:
    spec: the layout of x. What `encode` and `transpose` return may also be a
      `SparseRoll`, which `np.asarray` makes dense.
    encode: Score -> x.
    decode: x -> canonical Score on the grid.
    project: quantized Score -> the Score of what this representation keeps.
    transpose: (x, semitones) -> x, drums aside; semitones within
      `transpose_range(x)`. None if x has no notes.
    transpose_range: x -> (down, up), by how many semitones x may be transposed
      without losing a note.
    augment_performance: (x, tempo, velocity) -> x of the same length: its
      microseconds per quarter note times `tempo`, its velocities moved by
      `velocity`, clipped so that all stay within 1..127. None if x keeps
      neither. A tempo that x does not state stays as it is.
    normalize: measured features -> x, where the config holds their `mean` and
      `sd`; else None.
  """

  spec: Spec
  encode: Callable[[Score], np.ndarray]
  decode: Callable[[np.ndarray], Score]
  project: Callable[[Score], Score]
  transpose: Callable[[np.ndarray, int], np.ndarray] | None = None
  transpose_range: Callable[[np.ndarray], tuple[int, int]] | None = None
  augment_performance: Callable[[np.ndarray, float, int], np.ndarray] | None = (
    None
  )
  normalize: Callable | None = None


def check(name: str, value: int, low: int, high: int) -> None:
  """Raises UserError unless a setting of a representation is in its range."""
  if not (isinstance(value, int) and low <= value <= high):
    raise UserError(
      f'representation.{name}={value}: give an integer from {low} to {high}.'
    )
