"""A Score encoded as the beginning, or as the fixed part, of a sample."""

from collections.abc import Callable
import logging
from typing import NamedTuple

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music import metre
from musiczoo.music.quantize import quantize
from musiczoo.music.score import DURATION, ONSET, Score
from musiczoo.representations import Representation

log = logging.getLogger(__name__)


class Primer(NamedTuple):
  """Music that each sample begins with, or of which some cells are fixed.

  Attributes:
    x: [P, ...], as the representation encodes it.
    known: bool like x, which of its cells are fixed; None: all.
    score: the music on the model's grid, for its meters and phrase ends; None:
      in bars of 4/4.
    free: of rows of `compound` in their order, as of `Controls`.
    complete: a sample -> the Score, where some of it is given; None: decoded.
  """

  x: np.ndarray
  known: np.ndarray | None = None
  score: Score | None = None
  free: np.ndarray | None = None
  complete: Callable[[np.ndarray], Score] | None = None

  @property
  def time_signature(self) -> tuple[int, int]:
    """Of its last bars; 4/4 if a bar would be no whole number of steps."""
    if self.score is None or not len(self.score.meters):
      return 4, 4
    _, numerator, denominator = self.score.meters[-1].tolist()
    if 4 * self.score.resolution * numerator % denominator:
      return 4, 4
    return numerator, denominator


def encode_primer(
  representation: Representation, primer: Score, origin: str, length: int = 0
) -> Primer:
  """Encodes a Score that a sample continues; warns of what is lost.

  Args:
    origin: name of the primer in messages.
    length: tick at which it ends, if a rest follows its last note. On a grid this
      rest is kept up to the next bar line.

  Raises:
    UserError: the representation keeps no note of it.
  """
  x = representation.encode(primer)
  kept = representation.decode(x)
  if not len(kept.notes):
    raise UserError(
      f'{origin}: none of its {len(primer.notes)} notes fits this model: '
      'give a primer with notes in its range'
    )
  if losses := list(_losses(primer, kept)):
    text = '%s is reduced to what the model represents: %s'
    log.warning(text, origin, ', '.join(losses))
  score = quantize(primer, kept.resolution)
  if representation.spec.end_token is not None:
    x = x[~representation.spec.has_ended(x)]  # The sample continues it.
  if representation.spec.is_grid:
    steps = round(length * kept.resolution / primer.resolution)
    rest = min(steps, int(metre.bars(score)[-1])) - len(x)
    x = np.asarray(x)
    silence = np.zeros((max(rest, 0), *x.shape[1:]), x.dtype)
    x = np.concatenate([x, silence])
  return Primer(x, score=score)


def _losses(primer, kept):
  """What of a Score is missing in the one that was decoded again."""
  grid = quantize(primer, kept.resolution)
  if len(kept.notes) != len(grid.notes):
    yield f'{len(kept.notes)} of {len(grid.notes)} notes kept'
  elif not np.array_equal(grid.notes[:, :3], kept.notes[:, :3]):
    yield 'notes shortened or joined'
  times = primer.notes[:, [ONSET, DURATION]].astype(np.int64)
  if (times * kept.resolution % primer.resolution).any():
    yield f'moved to a grid of {kept.resolution} steps a quarter note'
