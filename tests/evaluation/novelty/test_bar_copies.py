"""Bars of tracks that occur in training songs, planted and counted by hand."""

import math

import numpy as np
import pytest

from musiczoo.evaluation.novelty import bar_copies
from musiczoo.music.score import Score, to_notes, Track

PIANO, DRUMS = Track(0), Track(0, drums=True)
BAR = 1920
THIRD = 160  # Of a quarter note.


def song(*bars, track=PIANO, meters=()):
  """Bars of (onset in the bar, pitch)."""
  notes = [(i * BAR + o, p) for i, bar in enumerate(bars) for o, p in bar]
  onset, pitch = np.array(notes).T
  meters = np.array(meters, np.int32).reshape(-1, 3)
  return Score(to_notes(onset, 100, pitch, 80, 0), (track,), meters=meters)


RISE = [(0, 60), (480, 64), (960, 67)]
FALL = [(0, 67), (480, 64), (960, 60)]
TURN = [(0, 60), (THIRD, 62), (2 * THIRD, 60)]


def share(train, *new):
  return bar_copies(train, new=new)['new'][0]


def moved(bar, semitones=0, ticks=0):
  return [(onset + ticks, pitch + semitones) for onset, pitch in bar]


def test_a_transposed_copy_is_found_wherever_its_bar_is():
  assert share([song(FALL, RISE)], song(moved(RISE, 5), TURN)) == 1 / 2
  assert share([song(RISE)], song(RISE, moved(RISE, -12))) == 1


def test_other_rhythms_chords_and_inner_intervals_are_none():
  assert share([song(RISE)], song(moved(RISE, ticks=480))) == 0
  assert share([song(RISE)], song([*RISE, (960, 72)])) == 0
  assert share([song(RISE)], song([(0, 60), (480, 63), (960, 67)])) == 0
  # Sixteenths are not triplets.
  even = [(0, 60), (120, 62), (360, 60)]
  assert share([song(TURN)], song(even)) == 0
  assert share([song(TURN)], song(moved(TURN, 2))) == 1


def test_what_is_played_a_little_late_is_the_same():
  assert share([song(RISE)], song([(5, 60), (470, 64), (963, 67)])) == 1


def test_bars_of_two_notes_do_not_count():
  assert math.isnan(share([song(RISE)], song(RISE[:2])))
  assert share([song(RISE[:2], FALL)], song(RISE[:2], FALL)) == 1


def test_drums_keep_their_pitches_and_are_compared_with_drums():
  drums = song(RISE, track=DRUMS)
  assert share([drums], drums) == 1
  assert share([drums], song(moved(RISE, 1), track=DRUMS)) == 0
  assert (
    share([song(moved(RISE, -60))], song(moved(RISE, -60), track=DRUMS)) == 0
  )


def test_bars_are_those_of_the_meter():
  # Bars of two quarters: the third note is in the second one.
  train = song([*RISE, (480, 65), (1440, 64)], meters=[(0, 2, 4)])
  assert share([train], song([(0, 60), (480, 64), (480, 65)])) == 1


def test_tracks_are_compared_each_by_itself():
  def both(a, b):
    rows = [(o, p, t) for t, bar in enumerate((a, b)) for o, p in bar]
    onset, pitch, track = np.array(rows).T
    return Score(to_notes(onset, 100, pitch, 80, track), (PIANO, Track(33)))

  assert share([both(RISE, FALL)], both(FALL, TURN)) == 1 / 2


def test_held_out_songs_stand_beside_and_have_an_interval_over_songs():
  found = bar_copies(
    [song(RISE)],
    new=[song(RISE, RISE, RISE), song(FALL)],
    held_out=[song(FALL)],
    none=[],
  )
  value, low, high = found['new']
  assert value == 3 / 4
  assert low == 0 and high == 1
  assert found['held_out'] == (0, 0, 0)
  assert np.isnan(found['none']).all()


@pytest.mark.parametrize('pitch', [0, 127])
def test_the_ends_of_the_pitches(pitch):
  bar = [(0, pitch), (480, pitch), (960, 64)]
  assert share([song(bar)], song(bar)) == 1
