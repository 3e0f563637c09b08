"""Transposition: pitched tracks and keys move, drums and spelling don't. Form."""

from hypothesis import assume, given, settings, strategies as st
import numpy as np
import pytest

from musiczoo.music.score import canonical, equal, pitch_range, Score, Track
from musiczoo.music.transform import transpose, with_form, with_performance
from tests.strategies import scores

PIANO_AND_DRUMS = Score(
  notes=np.array([[0, 1, 60, 80, 0], [0, 1, 36, 80, 1], [1, 1, 64, 80, 0]]),
  tracks=(Track(), Track(drums=True)),
  keys=np.array([[0, -3, 1]], np.int32),
)


def test_drums_stay():
  moved = transpose(PIANO_AND_DRUMS, 2)
  assert moved.notes[:, 2].tolist() == [62, 36, 66]
  assert PIANO_AND_DRUMS.notes[0, 2] == 60  # A copy.


def test_pitch_range_is_without_drums():
  assert pitch_range(PIANO_AND_DRUMS) == (60, 64)
  silent = PIANO_AND_DRUMS._replace(notes=PIANO_AND_DRUMS.notes[1:2])
  assert pitch_range(silent) is None


@pytest.mark.parametrize(
  'sharps, semitones, expected',
  [
    (0, 2, 2),  # C to D
    (-3, 2, -1),  # E flat to F, C minor to D minor
    (0, 1, -5),  # C to D flat
    (0, 6, 6),  # C to F sharp
    (4, -1, -3),  # E to E flat
    (-7, 12, -7),  # C flat to C flat
    (7, 0, 7),
  ],
)
def test_keys_move_along(sharps, semitones, expected):
  score = PIANO_AND_DRUMS._replace(keys=np.array([[0, sharps, 1]], np.int32))
  assert transpose(score, semitones).keys.tolist() == [[0, expected, 1]]


@settings(max_examples=60, deadline=None)
@given(scores(max_notes=8), st.integers(-40, 40))
def test_there_and_back(score, semitones):
  low, high = pitch_range(score) or (0, 127)
  assume(low + semitones >= 0 and high + semitones <= 127)
  moved = transpose(score, semitones)
  assert equal(moved, canonical(moved))
  back = transpose(moved, -semitones)
  assert equal(back._replace(keys=score.keys), score)
  assert np.all((back.keys - score.keys)[:, 1] % 12 == 0)


@pytest.mark.parametrize('semitones', [-61, 64])
def test_no_note_leaves_the_range(semitones):
  with pytest.raises(ValueError, match='leave'):
    transpose(PIANO_AND_DRUMS, semitones)


def test_the_form_of_another_moves_to_the_own_ticks():
  source = PIANO_AND_DRUMS._replace(
    meters=np.array([[0, 1, 4], [24, 4, 4]], np.int32),
    phrase_ends=np.array([120], np.int32),
    resolution=24,
  )
  score = PIANO_AND_DRUMS._replace(keys=source.keys[:0], resolution=4)
  found = with_form(score, source)
  assert found.meters.tolist() == [[0, 1, 4], [4, 4, 4]]
  assert found.keys.tolist() == [[0, -3, 1]]
  assert found.phrase_ends.tolist() == [20]
  assert np.array_equal(found.notes, score.notes) and found.resolution == 4


def test_the_performance_of_another_goes_on():
  """Instruments are those that play the same notes; new notes keep theirs."""
  notes = [
    (0, 2, 72, 80, 0),
    (0, 2, 48, 80, 1),
    (4, 2, 70, 80, 0),
    (4, 2, 50, 80, 1),
    (4, 2, 60, 80, 2),
  ]
  tracks = tuple(Track(52, name=name) for name in ('S', 'B', 'A'))
  score = Score(np.array(notes, np.int32), tracks, resolution=4)
  # The lowest part comes first; on drums the same numbers are no pitches.
  given = [(0, 12, 48, 80, 0), (0, 12, 72, 80, 1), (24, 12, 60, 80, 2)]
  played = Track(42, name='Cello'), Track(40), Track(3, drums=True)
  source = Score(np.array(given, np.int32), played, resolution=24)
  found = with_performance(score, source)
  assert [t.program for t in found.tracks] == [40, 42, 52]
  assert [t.name for t in found.tracks] == ['S', 'B', 'A']
  assert found.tempi.tolist() == [[0, 500_000]]  # The standard's.
  slow = source._replace(tempi=np.array([[24, 900_000]], np.int32))
  assert with_performance(score, slow).tempi.tolist() == [[4, 900_000]]
  own = score._replace(tempi=np.array([[0, 400_000]], np.int32))
  assert with_performance(own, slow).tempi.tolist() == [[0, 400_000]]
