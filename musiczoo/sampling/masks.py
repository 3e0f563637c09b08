"""A Score to complete walks in; its cells, and which of them stay, walk out."""

import re
from typing import NamedTuple

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music import harmony, score as scores
from musiczoo.music.score import Score
from musiczoo.representations import Representation
from musiczoo.sampling.generate import encode_primer


class Holes(NamedTuple):
  """A piece with holes.

  Attributes:
    x: [T, C], as the representation encodes it.
    known: bool [T, C], which cells stay as they are.
  """

  x: np.ndarray
  known: np.ndarray


def bars(
    representation: Representation, score: Score, span: str, origin: str
) -> Holes:
  """All voices of some bars are to be written anew, the rest stays.

  Args:
    span: 'FIRST:LAST' or 'BAR', counted from 1; both ends are written. Bars are
      those of the score's meters, a pick-up with a meter of its own is bar 1.
    origin: what to call the score in messages.

  Raises:
    UserError: the span is none, or not within the music.
  """
  x = np.asarray(encode_primer(representation, score, origin))
  parsed = re.fullmatch(r'(\d+)(?::(\d+))?', span)
  if parsed is None:
    raise UserError(f"--infill_bars={span}: give bars, such as '4:8'")
  first, last = int(parsed[1]), int(parsed[2] or parsed[1])
  lines = harmony.bars(scores.quantize(score, representation.spec.steps_per_quarter))
  num_bars = len(lines) - 1
  if not 1 <= first <= last <= num_bars or lines[first - 1] >= len(x):
    raise UserError(
        f'--infill_bars={span}: {origin} has the bars 1:{num_bars}, give first '
        'and last of them'
    )
  known = np.ones(x.shape, bool)
  known[lines[first - 1] : lines[last]] = False
  return Holes(x, known)


def beside(
    representation: Representation, score: Score, part: str, origin: str
) -> Holes:
  """All parts but one are to be written; that one stays.

  Args:
    part: one of the names of `representation.spec.parts`.

  Raises:
    UserError: there is no such part, or it has no notes.
  """
  parts = dict(representation.spec.parts)
  if part not in parts:
    raise UserError(
        f"'{part}' is no part of this model's music: "
        + (f'choose one of {", ".join(parts)}' if parts else 'it has none')
    )
  x = np.asarray(encode_primer(representation, score, origin))
  known = np.zeros(x.shape, bool)
  known[:, parts[part]] = True
  given = np.where(known, x, 0)
  if not len(representation.decode(given).notes):
    raise UserError(f'{origin}: its {part} has no notes that this model hears')
  return Holes(given, known)
