"""The same music in another key is the same; other music is not."""

from hypothesis import given, strategies as st
import numpy as np
import pytest

from musiczoo.data.prepare.fingerprint import fingerprint
from musiczoo.music.score import canonical, Score, Track
from musiczoo.music.transform import transpose
from tests.strategies import scores

TRACKS = (Track(0), Track(32), Track(0, drums=True))
NOTES = np.array(
  [
    [0, 480, 60, 80, 0],
    [480, 480, 64, 80, 0],
    [0, 960, 36, 70, 1],
    [0, 120, 42, 90, 2],
  ],
  np.int32,
)
SONG = Score(NOTES, TRACKS)


def changed(row, column, value):
  notes = NOTES.copy()
  notes[row, column] = value
  return SONG._replace(notes=notes)


def test_a_key_moves_only_the_lowest_pitch():
  moved = fingerprint(transpose(SONG, 5))
  assert moved == fingerprint(SONG)._replace(lowest=41)


@pytest.mark.parametrize(
  'same',
  [
    canonical(SONG),
    changed(0, 3, 127),  # Louder.
    changed(1, 0, 482),  # A shade late.
    SONG._replace(tracks=(Track(40), Track(33), TRACKS[2])),
    SONG._replace(tempi=np.array([[0, 400_000]], np.int32)),
    SONG._replace(notes=NOTES + np.array([77, 0, 0, 0, 0], np.int32)),
    SONG._replace(notes=NOTES * np.array([2, 2, 1, 1, 1]), resolution=960),
    SONG._replace(notes=np.concatenate([NOTES, NOTES[:1]])),  # Doubled.
  ],
)
def test_what_does_not_change_it(same):
  assert fingerprint(same) == fingerprint(SONG)


@pytest.mark.parametrize(
  'other',
  [
    changed(0, 0, 120),
    changed(0, 1, 240),
    changed(0, 2, 61),
    changed(3, 2, 43),  # Another drum.
    changed(3, slice(2, None), (36 + 42, 90, 0)),  # No drum.
    SONG._replace(notes=NOTES[:3]),
  ],
)
def test_what_changes_it(other):
  assert fingerprint(other).digest != fingerprint(SONG).digest


@given(scores(), st.integers(-12, 12))
def test_any_score_in_any_key(score, semitones):
  if not len(score.notes):
    return
  try:
    moved = transpose(score, semitones)
  except ValueError:
    return
  assert fingerprint(moved).digest == fingerprint(score).digest
