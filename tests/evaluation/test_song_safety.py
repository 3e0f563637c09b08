"""Endless notes, long notes, tracks and instruments of hand-made songs."""

import numpy as np
import pytest

from musiczoo.evaluation import song_safety
from musiczoo.music import midi
from musiczoo.music.score import Score, to_notes, Track
from tests.music.midi.files import END, from_hex, smf

TRACKS = (
  Track(0),
  Track(33),
  Track(0, drums=True),
  Track(8, drums=True),
  Track(56),
)


def song(*durations):
  """A note a track, one after another; quarter notes."""
  number = np.arange(len(durations))
  ticks = 480 * np.array(durations)
  notes = to_notes(480 * number, ticks, 60 + number, 80, number)
  return Score(notes, TRACKS[: len(durations) + 1])


def test_instruments_are_those_that_play():
  assert song_safety.instruments(song(1, 1, 1, 1)) == {'0', '33', 'drums'}
  assert song_safety.instruments(song(1)) == {'0'}


def test_the_table_of_two_songs(tmp_path):
  scores = [song(1, 4, 100, 1, 2), song(3, 2)]
  files = [tmp_path / 'a.mid', tmp_path / 'b.mid', tmp_path / 'c.mid']
  for score, file in zip(scores, files):
    midi.write(score, file)
  files[2].write_bytes(smf(from_hex('00 90 3c 40 00 90 3d 40') + END))
  found = song_safety.safety(files, scores, longest=3, asked={'0', 'drums'})
  assert found == song_safety.Safety(
    hanging_notes=2,
    longest_note=4,  # Drums last as long as they like.
    longer_notes=1,
    most_tracks=4,  # The two kits are one.
    other_instruments={'33': 2, '56': 1},
  )


def test_of_no_songs():
  found = song_safety.safety([], [], longest=0, asked=())
  assert found == song_safety.Safety(0, 0, 0, 0, {})
  assert song_safety.longest_real([]) == 0


def test_the_longest_real_note_is_a_quantile_of_all_pitched_ones():
  # Lengths of 0, 1, 2 ... 1000 ticks on two tracks, and one long drum.
  ticks = np.arange(1001)
  notes = to_notes(ticks, ticks, 60, 80, ticks % 2)
  drum = to_notes([0], 10**6, 36, 80, 2)
  score = Score(np.concatenate([notes, drum]), TRACKS[:3], resolution=10)
  assert song_safety.longest_real([score]) == pytest.approx(99.9)


def test_notes_outside_of_a_hole_are_compared_by_their_tracks():
  given = song(1, 1, 1)
  hole = 480, 960  # Of the second note, of Track(33).
  without = np.delete(given.notes, 1, axis=0)
  without[:, 4] = [0, 1]
  tracks = given.tracks[0], given.tracks[2]
  made = Score(without, tracks, resolution=480)
  assert song_safety.changed_notes(given, made, hole, {Track(33)}) == 0
  assert song_safety.changed_notes(given, made, hole, {Track(0)}) == 1
  assert song_safety.changed_notes(given, made, (0, 480), {Track(33)}) == 1
  louder = given._replace(notes=given.notes + np.eye(5, dtype=np.int32)[3])
  assert song_safety.changed_notes(given, louder, hole, {Track(33)}) == 4
