"""Bars, keys and chords against those that a reader of the notes would say."""

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.music import chord_names, harmony, metre
from musiczoo.music.chord_names import NO_CHORD, QUALITIES
from musiczoo.music.quantize import quantize
from musiczoo.music.score import canonical, end, Score, Track
from musiczoo.music.transform import transpose
from tests.strategies import scores

QUARTER = 24
PIANO = (Track(),)
C, F, G = (48, 60, 64, 67), (53, 60, 65, 69), (43, 62, 67, 71)


def piece(*notes, meters=(), tracks=PIANO) -> Score:
  """A Score of (onset, quarters, pitch) or (onset, quarters, pitch, track)."""
  rows = [
    (int(on * QUARTER), int(long * QUARTER), pitch, 80, *(track or [0]))
    for on, long, pitch, *track in notes
  ]
  return canonical(
    Score(
      np.array(rows, np.int32).reshape(-1, 5),
      tracks,
      meters=np.array(meters, np.int32).reshape(-1, 3),
      resolution=QUARTER,
    )
  )


def blocks(*chords, quarters: int = 2) -> Score:
  """Chords one after another."""
  return piece(
    *(
      (i * quarters, quarters, pitch)
      for i, chord in enumerate(chords)
      for pitch in chord
    )
  )


def symbols(score: Score) -> list[str]:
  return [chord_names.format_chord(*c) for c in harmony.chords(score)[:, 1:]]


def test_bars_of_four_quarters_without_a_meter():
  assert metre.bars(piece((0, 5, 60))).tolist() == [0, 96, 192]
  assert metre.bars(piece((0, 4, 60))).tolist() == [0, 96]
  assert metre.bars(piece()).tolist() == [0]


def test_a_pick_up_and_a_change_begin_bars():
  meters = [(0, 1, 4), (24, 3, 4), (24 + 72 + 48, 6, 8)]
  score = piece((0, 10, 60), meters=meters)
  # The second bar of 3/4 is cut short by 6/8.
  assert metre.bars(score).tolist() == [0, 24, 96, 144, 216, 288]


def test_a_meter_that_comes_late_or_after_the_end():
  score = piece((0, 4, 60), meters=[(30, 3, 4), (960, 2, 4)])
  assert metre.bars(score).tolist() == [0, 30, 102]


def test_bar_lines_between_ticks_move_to_the_nearest():
  score = quantize(piece((0, 3, 60), meters=[(0, 3, 16)]), 2)
  # Bars of one and a half ticks, halves up.
  assert metre.bars(score).tolist() == [0, 2, 3, 5, 6]


@settings(max_examples=60, deadline=None)
@given(scores(max_tracks=3, resolutions=st.sampled_from((1, 2, 4, 24))))
def test_bars_cover_the_score_and_meters_begin_bars(score):
  lines, last = metre.bars(score), end(score)
  assert lines[0] == 0
  assert np.all(np.diff(lines) > 0)
  assert lines[-1] >= last and np.all(lines[:-1] < max(last, 1))
  assert {t for t in score.meters[:, 0].tolist() if t < last} <= {*lines}
  assert len(metre.density(score)) == len(lines) - 1
  counts = metre.density(score) * np.diff(lines) / score.resolution
  assert counts.sum() == pytest.approx(len(score.notes))
  places = positions(score)
  assert len(places) == last
  begins = np.flatnonzero(places == 0)
  np.testing.assert_array_equal(begins, lines[:-1] if last else [])
  found = harmony.chords(score)
  np.testing.assert_array_equal(found[:, 0], metre.half_bars(score)[:-1])


def positions(score):
  """The ticks from its bar line to each tick."""
  lines, tick = metre.bars(score), np.arange(end(score))
  return tick - lines[metre.bar_of(lines, tick)]


@pytest.mark.parametrize(
  'meter, lines',
  [
    ((4, 4), [0, 48, 96]),
    ((6, 8), [0, 36, 72, 108, 144]),
    ((3, 4), [0, 72, 144]),
    ((2, 4), [0, 24, 48, 72, 96]),
  ],
)
def test_half_bars(meter, lines):
  score = piece((0, 4, 60), meters=[(0, *meter)])
  assert metre.half_bars(score).tolist() == lines


def test_positions_on_a_grid():
  score = piece((0, 5, 60), meters=[(0, 1, 4), (24, 2, 4)])
  places = positions(quantize(score, 2)).tolist()
  assert places == [0, 1, 0, 1, 2, 3, 0, 1, 2, 3]


def test_density_counts_notes_per_quarter_drums_too():
  drums = (Track(), Track(drums=True))
  score = piece(
    (0, 4, 60), (1, 1, 64), (3.5, 0.5, 38, 1), (4, 8, 60), tracks=drums
  )
  np.testing.assert_allclose(metre.density(score), [3 / 4, 1 / 4, 0])


def test_key_of_a_cadence_in_every_key():
  major = blocks(C, F, G, C)
  minor = blocks((45, 60, 64, 69), (50, 57, 65), (52, 59, 64, 68), (45, 60, 64))
  for semitones in range(-12, 12):
    found = harmony.key(transpose(major, semitones))
    assert found[:2] == (semitones % 12, 0)
    found = harmony.key(transpose(minor, semitones))
    assert found[:2] == ((semitones + 9) % 12, 1)
    assert found.confidence > 0.1


def test_key_weighs_by_time_and_leaves_out_drums():
  # Long notes of G major, many short ones of C minor, loud drums.
  score = piece(
    *((i, 16, p) for i, p in enumerate((43, 59, 62, 66, 67, 69))),
    *((i / 4, 0.1, p) for i in range(16) for p in (60, 63, 68, 70)),
    *((i, 4, 61, 1) for i in range(20)),
    tracks=(Track(), Track(drums=True)),
  )
  assert harmony.key(score)[:2] == (7, 0)


def test_a_clear_key_is_surer_than_a_vague_one():
  whole_tones = blocks((60, 62, 64, 66, 68, 70), (60, 62))
  clear = harmony.key(blocks(C, F, G, C)).confidence
  assert 0 <= harmony.key(whole_tones).confidence < 0.1 < clear <= 2


def test_no_key_without_notes_or_where_all_are_equal():
  assert harmony.key(piece()) is None
  assert harmony.key(piece(*((i, 1, 60 + i) for i in range(12)))) is None


@pytest.mark.parametrize('quality', range(1, len(QUALITIES)))
def test_chords_of_every_quality_and_root(quality):
  symbol, tones = list(QUALITIES.items())[quality]
  chords = [[36 + r, *(60 + r + t for t in tones)] for r in range(12)]
  found = harmony.chords(blocks(*chords))
  assert found[:, 0].tolist() == [48 * i for i in range(12)]
  assert found[:, 2].tolist() == [quality] * 12
  assert found[:, 1].tolist() == list(range(12))


def test_the_bass_tells_chords_of_the_same_tones_apart():
  augmented = [(36 + r, 60, 64, 68) for r in (0, 4, 8)]
  assert symbols(blocks(*augmented)) == ['Caug', 'Eaug', 'Abaug', 'N.C.']
  # The bass is what lies lowest as the half bar begins.
  later = piece((0, 2, 52), (0, 2, 68), (0, 2, 72), (1, 1, 36))
  assert symbols(later)[0] == 'Eaug'


def test_inversions_passing_notes_and_arpeggios():
  first_inversion = blocks((52, 60, 67))
  assert symbols(first_inversion)[0] == 'C'
  passing = piece(
    (0, 2, 48), (0, 2, 64), (0, 1, 67), (1, 0.5, 65), (1.5, 0.5, 62)
  )
  assert symbols(passing)[0] == 'C'
  arpeggio = piece(*((i / 2, 0.5, p) for i, p in enumerate((57, 60, 64, 60))))
  assert symbols(arpeggio)[0] == 'Am'


def test_what_sounds_first_weighs_most():
  assert symbols(blocks(C, F, quarters=1))[0] == 'C'
  assert symbols(blocks(F, C, quarters=1))[0] == 'F'


def test_a_passing_seventh_makes_no_seventh_chord():
  passing = piece(*((0, 2, pitch) for pitch in G), (1.5, 0.5, 65))
  assert symbols(passing)[0] == 'G'


def test_a_chord_held_over_the_line_sounds_on():
  held = piece(*((1, 3, pitch) for pitch in G), (0, 1, 60), (0, 1, 64))
  assert symbols(held)[1] == 'G'


def test_no_chord_in_silence_in_unison_or_of_drums():
  drums = piece(*((0, 2, p, 0) for p in C), tracks=(Track(drums=True),))
  unison = piece((0, 2, 48), (0, 2, 60), (6, 2, 60))
  for score in drums, unison:
    assert set(symbols(score)) == {'N.C.'}
  assert len(harmony.chords(piece())) == 0


def test_long_pieces_go_in_blocks(monkeypatch):
  score = blocks(C, F, G, C, (45, 60, 64), G, C, quarters=3)
  whole = harmony.chords(score)
  monkeypatch.setattr(harmony, '_BLOCK', 2)
  np.testing.assert_array_equal(harmony.chords(score), whole)


def test_half_bars_in_which_nothing_changes_are_looked_at_once(monkeypatch):
  score = piece(
    *((0, 80, pitch) for pitch in C),
    *((160, 80, pitch) for pitch in G),
    (170.5, 0.5, 60),
    meters=[(0, 1, 16)],
  )
  looked_at, sounding = [], harmony._sounding

  def count(ticks, pitch, step, lines):
    looked_at.append(len(lines) - 1)
    return sounding(ticks, pitch, step, lines)

  monkeypatch.setattr(harmony, '_sounding', count)
  assert symbols(score) == ['C'] * 320 + ['N.C.'] * 320 + ['G'] * 320
  assert sum(looked_at) < 12


def test_chord_symbols():
  assert [chord_names.parse_chord(s) for s in 'C G Am F'.split()] == [
    (0, 1),
    (7, 1),
    (9, 2),
    (5, 1),
  ]
  assert chord_names.parse_chord('Bbm7b5') == (10, 8)
  assert chord_names.parse_chord('F#dim7') == (6, 9)
  assert chord_names.parse_chord('Cb') == (11, 1)
  for root in range(12):
    for quality in range(1, len(QUALITIES)):
      symbol = chord_names.format_chord(root, quality)
      assert chord_names.parse_chord(symbol) == (root, quality)
  assert chord_names.parse_chord(chord_names.format_chord(0, NO_CHORD)) == (
    0,
    0,
  )


def test_key_names():
  for tonic in range(12):
    for minor in 0, 1:
      name = chord_names.format_key(tonic, minor)
      assert chord_names.parse_key(name) == (tonic, minor)
  assert chord_names.parse_key('C#m') == (1, 1)


@pytest.mark.parametrize('text', ['', 'H', 'am', 'Csus4', 'C/E', 'C##', 'Am '])
def test_what_is_no_chord(text):
  with pytest.raises(UserError, match='chord .*: give N.C. or a note'):
    chord_names.parse_chord(text)


@pytest.mark.parametrize('text', ['', 'a', 'A7', 'Aminor'])
def test_what_is_no_key(text):
  with pytest.raises(UserError, match='key .*: give one such as'):
    chord_names.parse_key(text)
