"""Conditions of a piece: found from its notes, or by its key signature."""

import numpy as np
import pytest

from musiczoo.data.corpus import Piece
from musiczoo.data.encoding import make_annotate
from musiczoo.music import annotations
from musiczoo.music.score import Score, Track
from musiczoo.representations import REPRESENTATIONS

MELODY = REPRESENTATIONS['melody'](steps_per_quarter=2)


def scale(keys):
  """A scale of C major with a key signature, or none."""
  pitches = 60, 62, 64, 65, 67, 69, 71, 72, 67, 64, 60
  notes = [(2 * i, 2, pitch, 64, 0) for i, pitch in enumerate(pitches)]
  score = Score(np.array(notes, np.int32), (Track(0),), resolution=2)
  return Piece('scale', score._replace(keys=np.array(keys, np.int32)))


@pytest.mark.parametrize(
  'keys,is_trusted,key',
  [
    ([(0, 2, 0)], True, 3),
    ([(0, 2, 0)], False, 1),
    (np.zeros((0, 3)), True, 1),
  ],
)
def test_the_key_is_that_of_the_signature_where_it_is_trusted(
  keys, is_trusted, key
):
  piece = scale(keys)
  x = MELODY.encode(piece.score)
  table = make_annotate(MELODY, (), is_trusted)(piece, x)
  assert (table[:, annotations.KEY] == key).all()
