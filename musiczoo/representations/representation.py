"""What every representation is: a grid, a layout and three pure functions."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music.score import Score


class Representation(NamedTuple):
  """How a Score becomes an integer array x and comes back; or a Sound, floats.

  The law: `decode(encode(s)) == project(quantize(s, steps_per_quarter))`.
  `project` is idempotent; `decode` takes any array of the right shape and
  makes a legal Score of it; `encode(decode(x)) == x` for canonical x. Of a Sound
  no more is kept than its spectrum, nearly.

  Attributes:
    kind: the layout a head must understand, 'bits', 'tokens' or 'voices'; or
      'frames', which are of Sounds where all others are of Scores.
    depth: bits of a step ('bits'), size of the vocabulary ('tokens'),
      symbols of one voice ('voices': cells are 2 * symbol + struck), or numbers
      of a step ('frames').
    shape: the shape of one step; x has shape [steps, *shape]. What `encode`
      and `transpose` give may be `Runs`, which `np.asarray` makes dense.
    dtype: NumPy dtype of x.
    steps_per_quarter: the grid; 0 of frames, which have none.
    encode: Score -> x.
    decode: x -> canonical Score on the grid.
    project: quantized Score -> the Score of what this representation keeps.
    transpose: (x, semitones) -> x, drums aside; semitones within `room(x)`.
      None if x has no notes.
    room: x -> how many semitones x may go down and up and lose no note.
    vary: (x, tempo, velocity) -> x of the same length, played otherwise: its
      microseconds per quarter note times `tempo`, its velocities moved by
      `velocity`, or by as much of it as keeps them all within 1..127. None if
      x keeps neither. A tempo that x doesn't name stays as it is.
    planes: bits of a step are so many planes of pitches.
    parts: (name, cells of a step) of each voice, or of each group of
      instruments, where these are always the same; else none.
    clock: int32 [depth], by how many steps of the grid each token moves time
      on, if a step of x is an event; None where it is a step of the grid.
    end: the token that ends a piece, if a step of x is an event and not a step
      of the grid; else None.
    normalize: x as measured -> x, where the config holds the `mean` and `sd` of
      what is measured; else None.
  """

  kind: str
  depth: int
  shape: tuple[int, ...]
  dtype: type
  steps_per_quarter: int
  encode: Callable[[Score], np.ndarray]
  decode: Callable[[np.ndarray], Score]
  project: Callable[[Score], Score]
  transpose: Callable[[np.ndarray, int], np.ndarray] | None = None
  room: Callable[[np.ndarray], tuple[int, int]] | None = None
  vary: Callable[[np.ndarray, float, int], np.ndarray] | None = None
  planes: int = 1
  parts: tuple[tuple[str, slice], ...] = ()
  clock: np.ndarray | None = None
  end: int | None = None
  normalize: Callable | None = None


def check(name: str, value: int, low: int, high: int) -> None:
  """Raises UserError unless a setting of a representation is in its range."""
  if not (isinstance(value, int) and low <= value <= high):
    raise UserError(
        f'representation.{name}={value}: give an integer from {low} to {high}.'
    )
