"""Annotations of the notes, in any key, and requested ones."""

from hypothesis import given, strategies as st
import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.music import (
  annotation_text,
  annotations as c,
  bar_classes,
  chord_names,
  score as score_lib,
  transform,
)
from musiczoo.music.form import Form
from musiczoo.music.score import Score
from musiczoo.representations import REPRESENTATIONS
from tests.strategies import scores


def score(notes, meters=(), resolution=4):
  meters = np.array(meters, np.int32).reshape(-1, 3)
  return Score(np.array(notes, np.int32), meters=meters, resolution=resolution)


def chord(pitches, onset, duration):
  return [(onset, duration, pitch, 80, 0) for pitch in pitches]


def test_what_each_column_says():
  # A bar of C in quarters, one of Am whole, and the first again.
  quarters = [n for t in range(4) for n in chord((60, 64, 67), 4 * t, 4)]
  again = [(onset + 32, *rest) for onset, *rest in quarters]
  table = c.annotate(
    score([*quarters, *chord((57, 60, 64), 16, 16), *again]), 4, 3
  )
  first, second, third = table[[0, 17, 32]]
  assert table.shape == (48, len(c.COLUMNS))
  assert table[:, c.POSITION].tolist() == [*range(1, 17)] * 3
  assert (table[:, c.KEY] == 1 + 0 + 12 * 0).all()
  major, minor = (1 + list(chord_names.QUALITIES).index(q) for q in ('', 'm'))
  assert first[[c.ROOT, c.QUALITY]].tolist() == [1, major]
  assert second[[c.ROOT, c.QUALITY]].tolist() == [10, minor]
  assert first[c.DENSITY] == bar_classes.density_class(np.array(3.0))
  assert second[c.DENSITY] == bar_classes.density_class(np.array(0.75))
  assert [first[c.RHYTHM], second[c.RHYTHM]] == [3, 2]
  assert [first[c.SECTION], second[c.SECTION], third[c.SECTION]] == [1, 1, 3]
  assert (table[:, c.STYLE] == 3).all()


def test_rhythm_is_that_of_the_finest_onset():
  for step, expected in ((8, 2), (4, 3), (2, 4), (1, 5)):
    notes = chord((60,), 0, 1) + chord((60,), step, 1)
    assert c.annotate(score(notes), 4)[0, c.RHYTHM] == expected
  assert (
    c.annotate(score(chord((60,), 4, 1), resolution=12), 12)[0, c.RHYTHM] == 6
  )


def test_a_pick_up_is_the_end_of_a_bar():
  song = score(chord((60,), 0, 24), meters=[(0, 1, 4), (4, 4, 4)])
  position = c.annotate(song, 4)[:, c.POSITION]
  assert position.tolist() == [13, 14, 15, 16, *range(1, 17), *range(1, 5)]
  assert c.bar_rows(c.annotate(song, 4)).tolist() == [4, 20]


@given(score=scores(), semitones=st.integers(-12, 12))
def test_another_key_is_another_key_of_the_same(score, semitones):
  room = score_lib.pitch_range(score) or (60, 60)
  if room[0] + semitones < 0 or room[1] + semitones > 127:
    return
  table = c.annotate(score, 4)
  moved = c.annotate(transform.transpose(score, semitones), 4)
  ours = c.transpose(table, semitones)
  # Which of two equals is found first, key and chord, may change with the key.
  same = [
    i
    for i in range(len(c.COLUMNS))
    if i not in (c.KEY, c.ROOT, c.QUALITY, c.SECTION)
  ]
  np.testing.assert_array_equal(ours[:, same], moved[:, same])
  back = c.transpose(ours, -semitones)
  np.testing.assert_array_equal(back, table)
  sizes = np.array(list(c.COLUMNS.values()))
  assert (table >= 0).all() and (table < sizes).all()


def test_a_chord_moves_with_the_key():
  table = c.annotate(score(chord((57, 60, 64), 0, 16)), 4)
  moved = c.annotate(score(chord((60, 63, 67), 0, 16)), 4)
  np.testing.assert_array_equal(c.transpose(table, 3), moved)


def test_rows_of_events_have_the_conditions_of_their_time():
  song = score(chord((60,), 0, 8) + chord((64,), 20, 4))
  events = REPRESENTATIONS['events'](steps_per_quarter=4)
  x = events.encode(song)
  rows = c.gather_rows(c.annotate(song, 4), x, events.spec)
  assert len(rows) == len(x)
  on = np.flatnonzero(x == 129 + 64)
  assert rows[on, c.POSITION].tolist() == [5]
  assert rows[0, c.POSITION] == 1


def test_bars_are_counted_from_the_first_whole_one():
  whole = annotation_text.plan(Form(16 * 34, 4))
  assert whole[::16, c.BAR].tolist() == [*range(1, 33), 1, 2]
  pick_up = annotation_text.plan(Form(40, 4, begin=12))
  assert pick_up[[0, 3, 4, 19, 20], c.BAR].tolist() == [32, 32, 1, 1, 2]
  begun = score(chord((60,), 0, 4) + chord((64,), 4, 16))
  begun = begun._replace(meters=np.array([(0, 1, 4), (4, 4, 4)]))
  assert c.annotate(begun, 4)[[0, 3, 4, 19], c.BAR].tolist() == [32, 32, 1, 1]


def test_a_plan_says_what_is_asked():
  table = annotation_text.plan(
    Form(40, 4, begin=4), chords='C Am', key='Am', density=3.0, style=2
  )
  assert table[:13, c.POSITION].tolist() == [*range(5, 17), 1]
  assert (table[:12, c.ROOT] == 1).all() and (table[12:28, c.ROOT] == 10).all()
  assert (table[28:, c.ROOT] == 1).all()
  assert (table[:, c.KEY] == 1 + 9 + 12).all()
  assert (table[:, c.STYLE] == 2).all()
  unknown = annotation_text.plan(Form(4, 4))
  form = c.POSITION, c.METER, c.LENGTH, c.ELAPSED, c.BAR
  assert (np.delete(unknown, form, axis=1) == 0).all()


@pytest.mark.parametrize(
  'wish,words',
  [
    ({'chords': 'H'}, "chord 'H'"),
    ({'chords': ' '}, 'give symbols'),
    ({'key': 'X'}, "key 'X'"),
    ({'density': -1.0}, '--density=-1: give onsets a quarter note, 0 to 32'),
    ({'density': 500.0}, '--density=500: give onsets a quarter note, 0 to 32'),
    ({'density': float('nan')}, '0 to 32'),
  ],
)
def test_what_cannot_be_asked(wish, words):
  with pytest.raises(UserError, match=words):
    annotation_text.plan(Form(4, 4), **wish)


def test_names_of_a_config():
  assert c.columns(('chord', 'key')) == (
    (c.KEY, 25),
    (c.ROOT, 13),
    (c.QUALITY, len(chord_names.QUALITIES) + 1),
  )
  with pytest.raises(UserError, match="no condition 'mood'"):
    c.columns(('mood',))


def test_a_row_in_words():
  row = annotation_text.plan(Form(1, 4), chords='Am', key='Am', density=3.5)[0]
  assert annotation_text.describe(row) == {
    'key': 'Am',
    'chord': 'Am',
    'density': '3-4',
    'rhythm': '?',
    'section': '?',
  }
  row = c.annotate(score(chord((60,), 0, 16) + chord((60,), 16, 16)), 4)[16]
  assert annotation_text.describe(row) == {
    'key': 'C',
    'chord': 'N.C.',
    'density': '0-0.5',
    'rhythm': 'halves',
    'section': 'as 1 before',
  }
  assert set(
    annotation_text.describe(np.zeros(len(c.COLUMNS), np.int16)).values()
  ) == {'?'}
  for column, size in c.COLUMNS.items():
    last = np.zeros(len(c.COLUMNS), np.int16)
    last[list(c.COLUMNS).index(column)] = size - 1
    assert all(annotation_text.describe(last).values())


@pytest.mark.parametrize(
  'sharps,minor,name',
  [
    *((0, 0, 'C'), (2, 0, 'D'), (-3, 0, 'Eb'), (7, 0, 'C#'), (-7, 0, 'Cb')),
    *((0, 1, 'Am'), (1, 1, 'Em'), (-4, 1, 'Fm'), (7, 1, 'A#m')),
  ],
)
def test_the_key_of_a_signature(sharps, minor, name):
  signed = score([(0, 4, 60)])._replace(
    keys=np.array([(0, sharps, minor), (4, 1, 0)], np.int32)
  )
  tonic, is_minor = chord_names.parse_key(name)
  expected = 1 + tonic + 12 * is_minor
  assert c.signature_key(signed) == expected
