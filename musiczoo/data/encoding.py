"""Pieces of a corpus -> encoded pieces, with their conditions."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from musiczoo.data.cache import encoded
from musiczoo.data.corpus import Piece, Roll
from musiczoo.data.dataset import Split, style_of
from musiczoo.data.pieces import pack, Pieces
from musiczoo.errors import UserError
from musiczoo.music import annotations
from musiczoo.representations import Representation


def encode(piece: Piece | Roll, representation: Representation) -> np.ndarray:
  """x of a piece; the roll of a benchmark is x already.

  Raises:
    UserError: a roll, and a representation of another shape.
  """
  if isinstance(piece, Piece):
    return representation.encode(piece.score)
  if piece.x.shape[1:] != representation.spec.shape:
    raise UserError(
      'this corpus is piano-rolls, which keep no notes: set '
      '--config.representation.name=pianoroll and a head for it'
    )
  return piece.x


def make_annotate(
  representation: Representation,
  styles: Sequence[str],
  key_signatures: bool = False,
) -> Callable[[Piece | Roll, np.ndarray], np.ndarray]:
  """Returns annotate(piece, x) -> int16 [steps of x, columns], its conditions.

  Args:
    styles, key_signatures: as of a config's `conditions`.
  """
  spec = representation.spec

  def annotate(piece, x):
    is_roll = isinstance(piece, Roll)
    score = representation.decode(x) if is_roll else piece.score
    style = annotations.style_number(style_of(piece.name), styles)
    table = annotations.annotate(score, spec.steps_per_quarter, style)
    if key_signatures and len(score.keys):
      table[:, annotations.KEY] = annotations.signature_key(score)
    return annotations.gather_rows(table, x, spec)

  return annotate


def open_split(
  pieces: Sequence[Piece | Roll],
  representation: Representation,
  *,
  annotate: Callable | None,
  cache_key: Mapping,
) -> Pieces:
  """A split of scores or rolls, encoded: of a dataset on disk, else in memory.

  Args:
    pieces: of the split.
    representation: that encodes them.
    annotate: of `make_annotate`, or None for pieces without conditions.
    cache_key: all that x and the conditions depend on beside the corpus.
  """
  if isinstance(pieces, Split):
    return encoded.open(
      pieces,
      cache_key,
      lambda piece: representation.encode(piece.score),
      annotate,
    )
  x = [encode(piece, representation) for piece in pieces]
  return pack(x, list(map(annotate, pieces, x)) if annotate else None)
