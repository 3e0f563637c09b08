"""Which notes of a song are its opening, and which songs have one."""

import numpy as np
import pytest

from musiczoo.evaluation.metrics.openings import BAR, has_opening, opening
from musiczoo.music.score import equal, Track
from tests.evaluation.metrics.songs import BASS, PIANO, song


def test_an_opening_begins_with_the_bar_of_the_first_note():
  # Of 480 ticks; bar 3 begins at 5760, two bars are up to 9600.
  score = song(
    [
      (5760 + 480, 960, 60, 0),
      (9599 - 480, 1920, 62, 0),
      (9600, 480, 64, 1),
    ],
    resolution=480,
    meters=[(0, 4, 4)],
  )
  before = score.notes.copy()
  expected = song([(12, 24, 60, 0), (84, 48, 62, 0)], (PIANO,))
  assert equal(opening(score, 2), expected)
  assert np.array_equal(score.notes, before)


def test_an_opening_rounds_onsets_and_lengths_each_by_itself():
  # 20 ticks are half a step.
  score = song(
    [(20, 60, 60, 0), (60, 60, 62, 0), (80, 3, 64, 0)], (PIANO,), 480
  )
  onsets_and_lengths = opening(score, 1).notes[:, :2].tolist()
  assert onsets_and_lengths == [[1, 2], [2, 2], [2, 1]]


def test_all_drum_kits_are_one_track():
  kits = Track(0, drums=True), BASS, Track(8, drums=True), PIANO
  score = song([(0, 1, 36, 0), (0, 1, 38, 2), (0, 12, 60, 3)], kits)
  found = opening(score, 1)
  assert found.tracks == (kits[0], PIANO)
  assert found.notes[:, 4].tolist() == [0, 0, 1]


def test_of_an_empty_song_the_opening_is_empty():
  assert not len(opening(song([]), 1).notes)
  assert not has_opening(song([]), 1)


def quarters(number, begin=0):
  return [(begin + 12 * i, 12, 60, 0) for i in range(number)]


@pytest.mark.parametrize(
  'rows, meters, expected',
  [
    (quarters(8), [], True),
    (quarters(8), [(0, 4, 4)], True),
    (quarters(8), [(0, 2, 2)], True),
    (quarters(8, begin=2 * BAR), [(0, 4, 4)], True),
    # Bars of three quarters before it.
    (quarters(8, begin=36), [(0, 3, 4), (36, 4, 4)], False),
    (quarters(8, begin=4 * 36), [(0, 3, 4), (4 * 36, 4, 4)], True),
    (quarters(8), [(0, 3, 4)], False),
    (quarters(8), [(0, 4, 4), (BAR, 3, 4)], False),
    (quarters(8), [(0, 4, 4), (2 * BAR, 3, 4)], True),
    # Nothing begins in the second bar.
    (quarters(4), [], False),
    ([(0, 2 * BAR, p, 0) for p in range(60, 70)], [], False),
    # Two notes in a bar are enough, fewer are not.
    ([*quarters(2), *quarters(2, begin=BAR)], [], True),
    ([*quarters(2), *quarters(1, begin=BAR)], [], False),
  ],
)
def test_which_songs_have_an_opening(rows, meters, expected):
  meters = np.array(meters).reshape(-1, 3)
  assert has_opening(song(rows, meters=meters), 2) == expected
