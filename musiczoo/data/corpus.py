"""A corpus: named pieces in three splits, and the rule that splits them."""

from collections.abc import Iterable, Mapping, Sequence
import hashlib
from typing import NamedTuple

import numpy as np

from musiczoo.music.audio import Sound
from musiczoo.music.score import Score

SPLITS = ('train', 'valid', 'test')


class Piece(NamedTuple):
  """A piece as notes, which any representation of Scores can encode.

  Attributes:
    name: unique in its corpus; of a file, its path within the corpus' folder.
    score: canonical.
  """

  name: str
  score: Score


class Roll(NamedTuple):
  """A piece of the piano-roll benchmarks: uint8 [T, 88], x of `pianoroll`."""

  name: str
  x: np.ndarray


class Recording(NamedTuple):
  """A piece as audio, for `spectrogram`."""

  name: str
  sound: Sound


# Split -> its pieces, which are all of one type.
Corpus = Mapping[str, Sequence[Piece | Roll | Recording]]


def split_of(name: str) -> str:
  """The split of a piece: 80, 10 and 10 % by a hash of its name.

  It depends on nothing else, so that a piece stays in its split when files are
  added or removed.
  """
  salted = f'musiczoo/{name}'.encode(errors='surrogateescape')
  digest = hashlib.sha256(salted).digest()
  tenth = int.from_bytes(digest[:8], 'big') * 10 >> 64
  return {8: 'valid', 9: 'test'}.get(tenth, 'train')


def split_pieces(
  pieces: Iterable[Piece | Roll], near_duplicates: Mapping[str, str] = {}
) -> dict[str, list]:
  """Splits pieces into 'train', 'valid' and 'test', in their order.

  Args:
    pieces: the pieces.
    near_duplicates: the name of a piece -> that of the piece of which it is
      nearly a copy, to whose split it belongs.
  """
  splits = {name: [] for name in SPLITS}
  for piece in pieces:
    splits[split_of(near_duplicates.get(piece.name, piece.name))].append(piece)
  return splits
