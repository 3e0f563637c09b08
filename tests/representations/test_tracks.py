"""Tracks against a loop over notes, and songs small enough to read."""

import tracemalloc

from hypothesis import given, settings
import numpy as np

from musiczoo.data.batches import make_batch_at
from musiczoo.data.pieces import pack
from musiczoo.music.quantize import quantize
from musiczoo.music.score import Score, Track
from musiczoo.representations import REPRESENTATIONS, tracks
from tests.strategies import scores

TRACKS = REPRESENTATIONS['tracks'](steps_per_quarter=2)
DRUMS, BASS, GUITAR, PIANO, STRINGS = range(5)


def song(*notes, tracks):
  """Rows of onset, duration, pitch, track on the grid of TRACKS."""
  rows = [(onset, n, pitch, 90, track) for onset, n, pitch, track in notes]
  return Score(np.array(rows, np.int32), tracks, resolution=2)


def planes(x):
  """[T, 9, pitches] of the default range, from pitch 24."""
  return np.asarray(x).reshape(-1, tracks.PLANES, 84)


def kept(score):
  """Rows of onset, duration, pitch and the name of the group."""
  score = TRACKS.project(score)
  return [
    (onset, duration, pitch, score.tracks[track].name)
    for onset, duration, pitch, _, track in score.notes.tolist()
  ]


@settings(max_examples=60, deadline=None)
@given(scores(max_notes=8, max_onset=60))
def test_every_bit_and_no_other(score):
  score = quantize(score, 2)
  expected = set()
  for onset, duration, pitch, _, track in score.notes.tolist():
    group = tracks.group_of(score.tracks)[track]
    if group < 0 or not 24 <= pitch <= 107:
      continue
    expected.add((onset, 2 * group, pitch - 24))
    if group != DRUMS:
      for step in range(onset, onset + duration):
        expected.add((step, 2 * group - 1, pitch - 24))
  found = planes(TRACKS.encode(score))
  assert set(zip(*(i.tolist() for i in np.nonzero(found)))) == expected
  assert len(found) == max((step + 1 for step, _, _ in expected), default=0)


def test_programs_fall_into_groups_as_in_lpd_5():
  programs = {
    DRUMS: [],
    BASS: [32, 39],
    GUITAR: [24, 31],
    PIANO: [0, 7],
    STRINGS: [8, 16, 40, 52, 56, 68, 73, 80, 88, 95, 104, 111],
    -1: [96, 103, 112, 119, 120, 127],
  }
  for group, members in programs.items():
    assert set(tracks.group_of(tuple(map(Track, members)))) <= {group}
  assert tracks.group_of((Track(127, drums=True),)).tolist() == [DRUMS]


def test_what_groups_are_written_as_is_read_as_the_same_group():
  assert tracks.group_of(tracks.GROUPS).tolist() == list(range(5))


def test_a_repeated_note_stays_two():
  score = song((0, 2, 40, 0), (2, 2, 40, 0), tracks=(Track(34),))
  assert kept(score) == [(0, 2, 40, 'Bass'), (2, 2, 40, 'Bass')]


def test_instruments_of_a_group_are_one():
  score = song((0, 6, 60, 0), (2, 2, 60, 1), tracks=(Track(25), Track(30)))
  assert kept(score) == [(0, 2, 60, 'Guitar'), (2, 4, 60, 'Guitar')]


def test_drums_are_strikes():
  kit = (Track(drums=True),)
  score = song((0, 4, 36, 0), (1, 1, 36, 0), (4, 9, 38, 0), tracks=kit)
  assert kept(score) == [
    (0, 1, 36, 'Drums'),
    (1, 1, 36, 'Drums'),
    (4, 1, 38, 'Drums'),
  ]
  assert len(TRACKS.encode(score)) == 5


def test_a_window_that_begins_within_a_note_has_the_rest_of_it():
  score = song((0, 6, 60, 0), tracks=(Track(0),))
  rest = TRACKS.decode(TRACKS.encode(score)[4:])
  assert rest.notes[:, :3].tolist() == [[0, 2, 60]]


def test_a_strike_of_what_does_not_sound_is_passed_over():
  x = np.zeros((3, tracks.PLANES, 84), np.uint8)
  x[1, 2 * PIANO, 36] = 1
  assert not len(TRACKS.decode(x.reshape(3, -1)).notes)


def test_drums_stay_when_the_key_moves():
  score = song(
    (0, 1, 36, 0), (0, 1, 40, 1), tracks=(Track(drums=True), Track(33))
  )
  x = TRACKS.encode(score)
  assert TRACKS.transpose_range(x) == (40 - 24, 107 - 40)
  moved = TRACKS.decode(TRACKS.transpose(x, 5))
  assert moved.notes[:, 2].tolist() == [36, 45]


def test_a_distant_end_costs_no_memory():
  quarters = 2**17
  last = 2 * quarters - 1
  score = song(
    (0, last, 60, 0),
    (last, 1, 64, 0),
    (5, 1, 36, 1),
    tracks=(Track(0), Track(drums=True)),
  )
  tracemalloc.start()
  x = TRACKS.encode(score)
  assert len(x) == 2 * quarters
  assert len(TRACKS.decode(x).notes) == 3
  pieces = pack([x, x])
  batch_at = make_batch_at(
    pieces,
    batch_size=2,
    window=32,
    augment=TRACKS,
  )
  # Nearly every window has the held note alone.
  assert batch_at(0, 0)['x'].sum() == 2 * 32
  peak = tracemalloc.get_traced_memory()[1]
  tracemalloc.stop()
  assert peak < 2**20
