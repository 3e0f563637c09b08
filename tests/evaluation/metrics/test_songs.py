"""Measures of songs, worked out by hand."""

import math

import pytest

from musiczoo.evaluation.metrics import measure_songs, SONG_MEASURES
from musiczoo.evaluation.metrics.openings import BAR, opening
from tests.evaluation.metrics.songs import song


def value(name, score, bars):
  return SONG_MEASURES[name](score, bars)


TWO_BARS = song(
  [
    *[(0, 24, 60, 0), (0, 24, 64, 0), (24, 24, 67, 0)],
    # The same again, whose last note sounds beyond the end.
    *[(48, 24, 60, 0), (48, 24, 64, 0), (72, 48, 67, 0)],
    *[(0, 48, 36, 1), (50, 46, 42, 1)],
    *[(0, 1, 36, 2), (12, 1, 36, 2), (48, 1, 36, 2), (61, 1, 36, 2)],
  ]
)


@pytest.mark.parametrize(
  'name, expected',
  {
    'notes_per_bar': 6,
    'empty_bar_share': 0,
    'num_tracks': 3,
    'tracks_per_bar': 3,
    # Six times 24 steps of the piano, 48 and 46 of the bass.
    'polyphony': (144 + 94) / 96,
    'track_polyphony': (144 / 96 + 94 / 94) / 2,
    'median_note_length': 2,
    # No four bars.
    'pitch_class_entropy': math.nan,
    'in_key_share': math.nan,
    # Sixteenths 0, 4 and 8; in the second bar the bass plays the next one.
    'groove_similarity': 15 / 16,
    'drum_groove_similarity': 1,
    'drums_on_sixteenths_share': 3 / 4,
    'onsets_on_sixteenths_share': 10 / 12,
    # The piano's second bar, of the bars of three tracks.
    'repeated_bar_share': 1 / 6,
    'bar_like_previous_share': 1 / 6,
    # At 0 and 48 none, at 72 the bass' F sharp and G.
    'minor_second_share': 1 / 3,
    'second_half_ratio': 1,
  }.items(),
)
def test_two_bars(name, expected):
  assert value(name, TWO_BARS, 2) == pytest.approx(expected, nan_ok=True)


def test_there_are_seventeen_measures_and_all_are_measured():
  found = measure_songs([TWO_BARS, opening(TWO_BARS)], 2)
  assert list(found) == list(SONG_MEASURES)
  assert len(found) == 17
  assert all(of.shape == (2,) for of in found.values())


def test_empty_bars_and_halves():
  # One note in the first of eight bars, three in the last.
  score = song([(0, 12, 60, 0), *[(7 * BAR + i, 1, 60, 0) for i in range(3)]])
  assert value('empty_bar_share', score, 8) == 6 / 8
  assert value('tracks_per_bar', score, 8) == 2 / 8
  assert value('second_half_ratio', score, 8) == 3
  # No neighbours that both have notes.
  assert math.isnan(value('groove_similarity', score, 8))


def test_the_last_step_of_a_bar_is_of_its_last_sixteenth():
  score = song([(45, 1, 60, 0), (BAR + 47, 1, 60, 0)])
  assert value('groove_similarity', score, 2) == 1


def test_without_notes_in_the_first_half_the_ratio_is_their_number():
  score = song([(BAR, 12, 60, 0), (BAR, 12, 64, 0)])
  assert value('second_half_ratio', score, 2) == 2


def test_of_drums_alone_what_is_of_pitches_is_undefined():
  found = measure_songs([song([(0, 1, 36, 2), (BAR, 1, 36, 2)])], 2)
  undefined = {name for name, (of,) in found.items() if math.isnan(of)}
  assert undefined == {
    'track_polyphony',
    'median_note_length',
    'pitch_class_entropy',
    'in_key_share',
    'minor_second_share',
  }
  assert found['polyphony'] == 0
  assert found['drum_groove_similarity'] == 1


def test_without_drums_theirs_are_undefined():
  found = measure_songs([song([(0, 1, 60, 0), (BAR, 1, 60, 0)])], 2)
  assert math.isnan(found['drums_on_sixteenths_share'][0])
  assert math.isnan(found['drum_groove_similarity'][0])


def chord(*pitches, onset=0):
  return [(onset, 12, pitch, 0) for pitch in pitches]


def test_entropy_and_key_of_four_bars():
  # C four times, E and G twice: 1.5 bits.
  major = song(chord(60, 60, 60, 72, 64, 64, 67, 67))
  assert value('pitch_class_entropy', major, 4) == 1.5
  assert value('in_key_share', major, 4) == 1
  # The leading tone is in the minor key; B flat isn't.
  minor = song(chord(57, 57, 57, 60, 60, 64, 64, 68))
  assert value('in_key_share', minor, 4) == 1
  other = song(chord(57, 57, 57, 60, 60, 64, 64, 70))
  assert value('in_key_share', other, 4) == 7 / 8


def test_entropy_is_the_mean_over_the_spans_with_eight_notes():
  one = chord(*[60] * 8)
  two = chord(*[60, 67] * 4, onset=4 * BAR)
  few = chord(*[60, 61, 62, 63, 64, 65, 66], onset=8 * BAR)
  drums = [(8 * BAR, 1, 36, 2)]
  assert (
    value('pitch_class_entropy', song([*one, *two, *few, *drums]), 12) == 0.5
  )
  # Of the last bars, which are not four, nothing counts.
  assert value('pitch_class_entropy', song([*one, *two]), 7) == 0


def test_where_all_pitch_classes_are_as_frequent_all_are_in_the_key():
  score = song(chord(*range(60, 72)))
  assert value('in_key_share', score, 4) == 1
  assert value('pitch_class_entropy', score, 4) == pytest.approx(math.log2(12))


def bars_of(*pitches):
  """A bar of one note each; 0 is a rest."""
  notes = [(i * BAR, 12, p, 0) for i, p in enumerate(pitches) if p]
  return song(notes)


@pytest.mark.parametrize(
  'pitches, repeated, previous',
  [
    ((60, 62, 60), 1 / 3, 0),
    ((60, 60, 60), 2 / 3, 2 / 3),
    ((60, 0, 60), 1 / 2, 0),
    ((60, 62, 64), 0, 0),
    ((60, 72), 0, 0),  # An octave higher is another bar.
  ],
)
def test_repeated_bars(pitches, repeated, previous):
  score, bars = bars_of(*pitches), len(pitches)
  assert value('repeated_bar_share', score, bars) == repeated
  assert value('bar_like_previous_share', score, bars) == previous


def test_the_same_bar_of_another_track_is_no_repetition():
  score = song([(0, 12, 60, 0), (BAR, 12, 60, 1)])
  assert value('repeated_bar_share', score, 2) == 0
  assert value('bar_like_previous_share', score, 2) == 0


def test_a_bar_with_a_note_twice_is_not_the_bar_with_it_once():
  score = song([(0, 12, 60, 0), (0, 6, 60, 0), (BAR, 12, 60, 0)])
  assert value('repeated_bar_share', score, 2) == 0


@pytest.mark.parametrize(
  'pitches, share',
  [
    ((59, 60), 1),  # Over the octave.
    ((48, 71), 1),  # A major seventh and an octave.
    ((60, 72), 0),
    ((59, 60, 61), 2 / 3),
    ((0, 127), 0),  # C and G.
    ((60, 60, 61), 1),  # A unison is one pitch.
  ],
)
def test_minor_seconds(pitches, share):
  score = song(chord(*pitches))
  assert value('minor_second_share', score, 1) == pytest.approx(share)


def test_minor_seconds_are_taken_at_every_other_onset():
  seconds = chord(60, 61), chord(60, 61, onset=12), chord(60, 64, onset=24)
  score = song([row for rows in seconds for row in rows])
  assert value('minor_second_share', score, 1) == 1 / 2


def test_a_note_that_never_ends_sounds_to_the_last_bar():
  score = song([(24, 10**9, 60, 0)])
  assert value('polyphony', score, 2) == 72 / 96
  assert value('track_polyphony', score, 2) == 1
  assert value('median_note_length', score, 2) == 10**9 / 12
