"""What is written of music that states no tempo, meter or key."""

import numpy as np

from musiczoo.music.score import Score, Track
from musiczoo.show.outputs import with_defaults


def scale(tonic):
  """A major scale in quarter notes, its tonic held."""
  pitches = [tonic + i for i in (0, 4, 7, 0, 2, 4, 5, 7, 9, 11, 12, 0)]
  notes = [(i, 1, pitch, 80, 0) for i, pitch in enumerate(pitches)]
  return Score(np.array(notes, np.int32), resolution=1)


def test_music_without_changes_is_given_some():
  found = with_defaults(scale(61), default_tempo=120)
  assert found.tempi.tolist() == [[0, 500_000]]
  assert found.meters.tolist() == [[0, 4, 4]]
  assert found.keys.tolist() == [[0, -5, 0]]  # D flat, not C sharp.


def test_changes_that_are_there_stay():
  score = scale(60)._replace(
    tempi=np.array([[4, 900_000]], np.int32),
    meters=np.array([[0, 3, 4]], np.int32),
    keys=np.array([[0, 1, 0]], np.int32),
  )
  found = with_defaults(score)
  assert found.tempi.tolist() == [[4 * 480, 900_000]]
  assert found.meters.tolist() == [[0, 3, 4]]
  assert found.keys.tolist() == [[0, 1, 0]]
  assert with_defaults(score, 80).tempi.tolist() == [[0, 750_000]]


def test_drums_have_no_key():
  drums = scale(60)._replace(tracks=(Track(drums=True),))
  assert not len(with_defaults(drums).keys)
