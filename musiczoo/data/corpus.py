"""A corpus: named pieces in three splits."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from musiczoo.music.audio import Sound
from musiczoo.music.score import Score


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
