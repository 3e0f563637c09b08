"""The contract of a representation: a Spec and three pure functions."""

from collections.abc import Callable
import functools
from typing import Annotated, NamedTuple

import numpy as np

from musiczoo.errors import check_options, check_value, Range
from musiczoo.music.quantize import quantize
from musiczoo.music.score import canonical, Score, Track
from musiczoo.music.spec import Spec

VELOCITY = 80  # Of notes decoded from an x that keeps no velocities.

# Options: steps to a quarter note, a MIDI pitch.
Steps = Annotated[int, Range(1, 32767)]
Pitch = Annotated[int, Range(0, 127)]


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
    fragment: (x, share) -> (x of the music from a bar on, as a piece of its own;
      for each of its rows the row of x that comes then). `share`, 0 to 1, chooses
      the bar. None: any slice of x is one.
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
  fragment: (
    Callable[[np.ndarray, float], tuple[np.ndarray, np.ndarray]] | None
  ) = None
  normalize: Callable | None = None


def of_notes(
  spec: Spec,
  encode: Callable[[Score], np.ndarray],
  decode: Callable[[np.ndarray], np.ndarray],
  tracks: tuple[Track, ...] = (Track(),),
  **changes: Callable,
) -> Representation:
  """A Representation that keeps some notes, and nothing else, on fixed tracks.

  Args:
    spec: the layout of x.
    encode: Score on the grid of `spec` -> x.
    decode: x -> notes, int32 [N, 5].
    tracks: of the decoded Scores.
    **changes: `transpose` and `transpose_range`.
  """
  grid = spec.steps_per_quarter

  def encode_score(score):
    return encode(quantize(score, grid))

  def decode_score(x):
    return canonical(Score(decode(x), tracks, resolution=grid))

  def project(score):
    return decode_score(encode_score(score))

  return Representation(spec, encode_score, decode_score, project, **changes)


def checked(make: Callable[..., Representation]):
  """Checks keyword arguments by their annotations before they are used.

  Raises:
    UserError: names the option that is unknown or has a value out of range.
  """

  @functools.wraps(make)
  def checked_make(**options):
    check_options('representation', make, options)
    return make(**options)

  return checked_make


def check_high(high: int, low: int, most: int = 127) -> None:
  """Raises UserError unless the highest pitch is in low..most."""
  check_value('representation.high', high, Annotated[int, Range(low, most)])
