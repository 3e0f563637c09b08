"""A corpus: named pieces in three splits, and the rule that splits them."""

from collections.abc import Iterable, Mapping
import hashlib
from typing import NamedTuple

import numpy as np

from musiczoo.music.audio import Sound
from musiczoo.music.score import Score

SPLITS = ('train', 'valid', 'test')


class Piece(NamedTuple):
  """One piece and the name it is known by.

  Attributes:
    name: unique in its corpus; of a file, its path within the corpus' folder.
    score: a Score, or its roll, uint8 [T, 88], or a Sound (see `Corpus.kind`).
  """

  name: str
  score: Score | np.ndarray | Sound


class Corpus(NamedTuple):
  """Pieces by split.

  Attributes:
    kind: 'scores', which any representation of notes can encode; 'rolls', the
      frames of the piano-roll sets as published, already x of `pianoroll`; or
      'sounds', for `spectrogram`.
    splits: 'train', 'valid', 'test' -> pieces.
  """

  kind: str
  splits: dict[str, list[Piece]]


def split_of(name: str) -> str:
  """The split of a piece: 80, 10 and 10 % by a hash of its name.

  It depends on nothing else, so that a piece stays in its split whatever files
  come or go.
  """
  salted = f'musiczoo/{name}'.encode(errors='surrogateescape')
  digest = hashlib.sha256(salted).digest()
  tenth = int.from_bytes(digest[:8], 'big') * 10 >> 64
  return {8: 'valid', 9: 'test'}.get(tenth, 'train')


def deal(
  pieces: Iterable[Piece], near_duplicates: Mapping[str, str] = {}
) -> dict[str, list[Piece]]:
  """Deals pieces out to 'train', 'valid' and 'test', in their order.

  Args:
    pieces: the pieces.
    twins: piece -> the piece that it is nearly a copy of, to whose split it
      goes along.
  """
  splits = {name: [] for name in SPLITS}
  for piece in pieces:
    splits[split_of(near_duplicates.get(piece.name, piece.name))].append(piece)
  return splits
