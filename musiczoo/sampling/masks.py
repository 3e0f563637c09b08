"""Masks of a Score to complete: infill, harmonize and accompany."""

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music import metre
from musiczoo.music.quantize import quantize
from musiczoo.music.score import Score, Track
from musiczoo.representations import Representation
from musiczoo.sampling import songs
from musiczoo.sampling.primer import encode_primer, Primer


def infill(
  representation: Representation,
  score: Score,
  bars: str,
  origin: str,
  tracks: str | None = None,
) -> Primer:
  """Samples all parts of some bars anew, and fixes the rest.

  Args:
    bars: 'FIRST:LAST' or 'BAR', counted from 1, both ends included. Bars are
      those of the score's meters; a pick-up with a meter of its own is bar 1.
    tracks: only these, as of `songs.infill`; None: all.
    origin: name of the score in messages.

  Raises:
    UserError: the bars cannot be parsed, or are not in the music.
  """
  if representation.spec.kind == 'compound':
    return songs.infill(representation, score, bars, tracks, origin)
  if tracks is not None:
    raise UserError(
      f'--infill_tracks={tracks}: this model samples all parts of a bar: leave '
      'it out'
    )
  whole = encode_primer(representation, score, origin)
  x = np.asarray(whole.x)
  grid = quantize(score, representation.spec.steps_per_quarter)
  first, last = songs.parse_bars(bars, grid, origin)
  lines = metre.bars(grid)
  if lines[first - 1] >= len(x):
    raise UserError(
      f'--infill_bars={bars}: the music of {origin} that the model keeps ends '
      'before: give earlier bars'
    )
  known = np.ones(x.shape, bool)
  known[lines[first - 1] : lines[last]] = False
  return whole._replace(x=x, known=known)


def harmonize(
  representation: Representation, score: Score, origin: str
) -> Primer:
  """Fixes the highest part and samples the others: see `accompany`."""
  highest, _ = representation.spec.parts[0]
  return accompany(representation, score, highest, origin)


def accompany(
  representation: Representation,
  score: Score,
  part: str,
  origin: str,
  instruments: tuple[Track, ...] = (),
) -> Primer:
  """Fixes one part and samples all others.

  Args:
    part: one of the names of `representation.spec.parts`.
    instruments: what is added, as of `songs.accompany`.
    origin: name of the score in messages.

  Raises:
    UserError: there is no such part, or it has no notes.
  """
  if representation.spec.kind == 'compound':
    return songs.accompany(representation, score, part, instruments, origin)
  parts = dict(representation.spec.parts)
  if part not in parts:
    raise UserError(
      f"'{part}' is not a part of this model's music: "
      + (f'choose one of {", ".join(parts)}' if parts else 'it has none')
    )
  whole = encode_primer(representation, score, origin)
  x = np.asarray(whole.x)
  known = np.zeros(x.shape, bool)
  known[:, parts[part]] = True
  given = np.where(known, x, 0)
  if not len(representation.decode(given).notes):
    raise UserError(f'{origin}: its {part} has no notes that fit this model')
  return whole._replace(x=given, known=known)
