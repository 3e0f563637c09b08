"""A cut has what sounds between two ticks, and cuts of a cut are one."""

from hypothesis import given, settings, strategies as st
import numpy as np

from musiczoo.music.score import (
  canonical,
  DURATION,
  equal,
  ONSET,
  PITCH,
  pitched,
  Score,
  Track,
)
from musiczoo.music.transform import crop, cut
from tests.strategies import scores

SONG = Score(
  notes=np.array(
    [
      [0, 6, 60, 80, 0],  # Sounds on at 4.
      [0, 6, 36, 80, 1],  # So would the drum.
      [2, 2, 62, 80, 0],  # Ends where the cut begins.
      [5, 9, 64, 80, 0],  # Lasts beyond the end.
      [8, 1, 38, 80, 1],  # Begins where it ends.
    ],
    np.int32,
  ),
  tracks=(Track(), Track(drums=True)),
  tempi=np.array([[0, 500000], [3, 400000], [6, 300000]], np.int32),
  meters=np.array([[0, 3, 4], [9, 4, 4]], np.int32),
  keys=np.array([[4, 2, 0]], np.int32),
  resolution=4,
)


def test_notes_that_sound_on_begin_anew_but_drums_do_not():
  piece = cut(SONG, 4, 8)
  assert piece.notes[:, :3].tolist() == [[0, 2, 60], [1, 3, 64]]
  assert piece.tracks == (Track(),)


def test_what_is_in_force_at_the_beginning_holds():
  piece = cut(SONG, 4, 8)
  assert piece.tempi.tolist() == [[0, 400000], [2, 300000]]
  assert piece.meters.tolist() == [[0, 3, 4]]
  assert piece.keys.tolist() == [[0, 2, 0]]


def test_no_time_holds_nothing():
  for begin, end in (0, 0), (4, 4), (8, 4):
    piece = cut(SONG, begin, end)
    assert not any(map(len, (piece.notes, piece.tempi, piece.meters)))


def test_a_copy():
  before = SONG.notes.copy()
  cut(SONG, 4, 8)
  assert np.array_equal(SONG.notes, before)


@settings(max_examples=60, deadline=None)
@given(scores(max_onset=60), *[st.integers(0, 40)] * 3)
def test_cuts_compose(score, begin, skip, length):
  whole = cut(score, begin, begin + skip + length)
  inner = cut(whole, skip, skip + length)
  assert equal(inner, cut(score, begin + skip, begin + skip + length))
  assert equal(inner, canonical(inner))
  assert equal(cut(score, 0, skip), crop(score, skip))


@settings(max_examples=60, deadline=None)
@given(scores(max_onset=30, max_tracks=3), *[st.integers(0, 40)] * 2)
def test_each_tick_has_the_pitches_it_had(score, begin, length):
  def sounding(piece, tick):
    onset = piece.notes[:, ONSET]
    sounds = (onset <= tick) & (tick < onset + piece.notes[:, DURATION])
    return set(piece.notes[sounds & pitched(piece), PITCH].tolist())

  piece = cut(score, begin, begin + length)
  for tick in range(length + 5):
    before = sounding(score, begin + tick) if tick < length else set()
    assert sounding(piece, tick) == before
