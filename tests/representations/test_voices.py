"""Four voices: taken part by part where there are four, reduced elsewhere."""

from hypothesis import assume, given, settings, strategies as st
import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.music.quantize import quantize
from musiczoo.music.score import canonical, equal, PITCH, Score, TRACK, Track
from musiczoo.representations import REPRESENTATIONS
from musiczoo.representations.voices import TRACKS
from tests.strategies import scores

LOW = 30
PIANO = (Track(),)


def score_of(*notes, tracks=PIANO):
  """Notes (onset, duration, pitch, track), in steps of a quarter."""
  rows = [(on, length, pitch, 80, track) for on, length, pitch, track in notes]
  return canonical(Score(np.array(rows, np.int32), tracks, resolution=1))


def cells(score, **settings):
  voices = REPRESENTATIONS['voices'](steps_per_quarter=1, **settings)
  x = voices.encode(score).astype(int)
  pitch = np.where(x >= 2, x // 2 + LOW - 1, 0)
  return pitch.tolist(), (x % 2).tolist()


@st.composite
def lines_of_four(draw, overlap=0):
  """Four parts of a note or more, which end as the next begins or later."""
  rows = []
  for track in range(4):
    onset = 0
    for rest, length, pitch in draw(
      st.lists(
        st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(30, 87)),
        min_size=1,
        max_size=6,
      )
    ):
      rows.append((onset + rest, length + overlap, pitch, 80, track))
      onset += rest + length
  return canonical(Score(np.array(rows, np.int32), TRACKS, resolution=4))


@settings(max_examples=60, deadline=None)
@given(lines_of_four())
def test_four_parts_lose_nothing(score):
  voices = REPRESENTATIONS['voices']()
  assert equal(voices.decode(voices.encode(score)), score)


@settings(max_examples=60, deadline=None)
@given(lines_of_four(overlap=2))
def test_overlaps_within_a_part_are_cut(score):
  voices = REPRESENTATIONS['voices']()
  x = voices.encode(score)
  np.testing.assert_array_equal(voices.encode(voices.decode(x)), x)
  begun = [(n[0], n[2], n[4]) for n in score.notes.tolist()]
  kept = [(n[0], n[2], n[4]) for n in voices.decode(x).notes.tolist()]
  assert kept == begun


@settings(max_examples=60, deadline=None)
@given(lines_of_four())
def test_parts_need_no_names_if_there_are_four(score):
  voices = REPRESENTATIONS['voices']()
  nameless = score._replace(
    tracks=tuple(Track(program) for program in (68, 69, 71, 70))
  )
  # They are then in the order of their pitch.
  means = [
    score.notes[score.notes[:, TRACK] == i, PITCH].mean() for i in range(4)
  ]
  order = np.argsort([-mean for mean in means], kind='stable')
  x = voices.encode(score)
  np.testing.assert_array_equal(voices.encode(nameless), x[:, order])


@pytest.mark.parametrize(
  'names',
  [
    ('', '', '', ''),
    ('Piano', 'Piano', 'Piano', 'Piano'),
    ('Soprano', 'Alto', 'Tenor', 'Bass'),
    ('S', 'A', 'T', 'B'),
    ('Tenor 1', 'Tenor 2', 'Baritone', 'Bass'),
    ('Violin I', 'Violin II', 'Viola', 'Violoncello'),
    ('1st Violin', '2nd Violin', 'Viola', 'Cello'),
  ],
)
def test_parts_may_come_in_any_order(names):
  pitch = [72, 67, 60, 48]
  for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]):
    score = score_of(
      *((0, 1, pitch[part], track) for track, part in enumerate(order)),
      tracks=tuple(Track(name=names[part]) for part in order),
    )
    assert cells(score)[0] == [pitch]


def test_named_parts_may_cross():
  names = 'Violoncello', 'Viola', 'Violin II', 'Violin I'
  score = score_of(
    *((0, 1, p, t) for t, p in enumerate([60, 52, 70, 69])),
    tracks=tuple(Track(name=name) for name in names),
  )
  assert cells(score)[0] == [[69, 70, 52, 60]]


def test_voices_may_cross():
  score = score_of(
    (0, 1, 60, 0), (0, 1, 64, 1), (0, 1, 50, 2), (0, 1, 52, 3), tracks=TRACKS
  )
  pitch, _ = cells(score)
  assert pitch == [[60, 64, 50, 52]]


def test_a_silent_voice_has_no_track_and_stays_silent():
  score = score_of((0, 1, 60, 0), (0, 1, 40, 1), tracks=(TRACKS[1], TRACKS[3]))
  pitch, _ = cells(score)
  assert pitch == [[0, 60, 0, 40]]


def test_a_later_note_cuts_an_earlier():
  score = score_of((0, 4, 60, 0), (1, 1, 62, 0), tracks=TRACKS[:1])
  pitch, is_onset = cells(score)
  # The one that was cut does not come back, so there is nothing after it.
  assert [row[0] for row in pitch] == [60, 62]
  assert [row[0] for row in is_onset] == [1, 1]


def test_a_track_with_chords_is_no_part():
  score = score_of((0, 1, 72, 0), (0, 1, 60, 0), tracks=TRACKS[:1])
  pitch, _ = cells(score)
  assert pitch == [[72, 0, 0, 60]]


def test_repeated_notes_begin_unless_onsets_are_off():
  score = score_of((0, 1, 60, 0), (1, 1, 60, 0), (2, 1, 62, 0))
  _, is_onset = cells(score)
  assert [row[0] for row in is_onset] == [1, 1, 1]
  _, is_onset = cells(score, onsets=False)
  assert [row[0] for row in is_onset] == [1, 0, 1]


@pytest.mark.parametrize(
  'chord, expected',
  [
    ([60], [60, 0, 0, 0]),
    ([72, 48], [72, 0, 0, 48]),
    ([72, 30], [72, 0, 0, 30]),  # The lowest pitch there is, beside rests.
    ([72, 69, 48], [72, 69, 0, 48]),
    ([72, 50, 48], [72, 0, 50, 48]),
    ([72, 67, 64, 48], [72, 67, 64, 48]),
    ([76, 72, 67, 64, 60, 48], [76, 72, 60, 48]),
  ],
)
def test_a_chord_is_reduced(chord, expected):
  pitch, is_onset = cells(score_of(*((0, 1, p, 0) for p in chord)))
  assert pitch == [expected]
  assert is_onset == [[int(p > 0) for p in expected]]


@settings(max_examples=60, deadline=None)
@given(scores(max_notes=12, max_onset=40))
def test_a_reduction_sounds_only_what_sounded(score):
  voices = REPRESENTATIONS['voices'](steps_per_quarter=2)
  score = quantize(score, 2)
  played = [
    note
    for note in score.notes.tolist()
    if not score.tracks[note[TRACK]].drums and 30 <= note[PITCH] <= 87
  ]
  # Four parts are kept as they are, where one may hold what another strikes.
  assume(len({note[TRACK] for note in played}) != 4)
  notes = [(on, on + duration, pitch) for on, duration, pitch, *_ in played]
  for step, row in enumerate(voices.encode(score).tolist()):
    begun = {pitch for on, _, pitch in notes if on == step}
    sounding = {pitch for on, end, pitch in notes if on <= step < end}
    decoded = [cell // 2 + LOW - 1 for cell in row if cell >= 2]
    assert set(decoded) <= sounding
    for cell in row:
      assert cell < 2 or cell % 2 or cell // 2 + LOW - 1 not in begun


@pytest.mark.parametrize('low, high', [(-1, 80), (60, 59), (0, 127)])
def test_an_impossible_range_is_said(low, high):
  with pytest.raises(UserError, match='low|high'):
    REPRESENTATIONS['voices'](low=low, high=high)
