"""Pieces of a corpus -> encoded pieces, with their conditions."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from musiczoo.data import batches
from musiczoo.data.cache import encoded
from musiczoo.data.corpora.corpus import Corpus, Piece
from musiczoo.data.dataset import Split, style_of
from musiczoo.errors import UserError
from musiczoo.music import annotations
from musiczoo.music.score import Score
from musiczoo.representations import Representation


def encode_split(
  corpus: Corpus, split: str, representation: Representation
) -> list[np.ndarray]:
  """x of each piece of a split; the rolls of a benchmark are x already.

  Raises:
    UserError: rolls, and a representation of another shape.
  """
  found = corpus.splits[split]
  if corpus.kind == 'scores':
    return [representation.encode(piece.score) for piece in found]
  if any(p.score.shape[1:] != representation.spec.shape for p in found):
    raise UserError(
      'this corpus is piano-rolls, which keep no notes: set '
      '--config.representation.name=pianoroll and a head for it'
    )
  return [piece.score for piece in found]


def make_annotate(
  representation: Representation, styles: Sequence[str]
) -> Callable[[Piece, np.ndarray], np.ndarray]:
  """Returns annotate(piece, x) -> int16 [steps of x, columns], its conditions."""
  spec = representation.spec

  def annotate(piece, x):
    score = piece.score
    if not isinstance(score, Score):  # A benchmark's roll.
      score = representation.decode(score)
    style = annotations.style_number(style_of(piece.name), styles)
    table = annotations.of(score, spec.steps_per_quarter, style)
    return annotations.of_rows(table, x, spec.steps_per_token)

  return annotate


def open_split(
  corpus: Corpus,
  split: str,
  representation: Representation,
  *,
  annotate: Callable | None,
  cache_key: Mapping,
) -> batches.Pieces:
  """A split of scores or rolls, encoded: of a dataset on disk, else in memory.

  Args:
    annotate: of `make_annotate`, or None for pieces without conditions.
    cache_key: all that x and the conditions depend on beside the corpus.
  """
  found = corpus.splits[split]
  if isinstance(found, Split):
    return encoded.open(found, cache_key, representation.encode, annotate)
  x = encode_split(corpus, split, representation)
  return batches.pack(x, list(map(annotate, found, x)) if annotate else None)
