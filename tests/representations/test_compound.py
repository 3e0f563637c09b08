"""What rows of `compound` are, beyond the laws that all representations keep."""

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest

from musiczoo.data.batches import make_batch_at
from musiczoo.data.corpus import Piece
from musiczoo.data.encoding import make_annotate
from musiczoo.data.pieces import pack
from musiczoo.music import annotations, compound_rows as rows
from musiczoo.music.compound_rows import Layout
from musiczoo.music.score import (
  canonical,
  DURATION,
  equal,
  ONSET,
  PITCH,
  Score,
  Track,
  VELOCITY,
)
from musiczoo.representations import events
from musiczoo.representations.compound import compound
from tests.strategies import scores

GRID = 4
LAYOUT = Layout(GRID)
REPRESENTATION = compound(steps_per_quarter=GRID)
quick = settings(max_examples=60, deadline=None)


def song(bars=6, **more):
  """A bass line that repeats each bar, chords that repeat every two, and drums."""
  notes = []
  for bar in range(bars):
    start = 16 * bar
    notes += [(start + 4 * i, 4, 40 + i, 84, 0) for i in range(4)]
    notes += [(start, 8, p + 2 * (bar % 2), 68, 1) for p in (60, 64, 67)]
    notes += [(start + 8 * i, 1, 36, 100, 2) for i in range(2)]
  tracks = Track(33), Track(0), Track(0, drums=True)
  return canonical(Score(np.array(notes), tracks, resolution=GRID, **more))


def test_a_song_row_by_row():
  x = REPRESENTATION.encode(song(2))
  track, bar, plan, end = LAYOUT.track, LAYOUT.bar, LAYOUT.plan, LAYOUT.end
  c_major, d_major = 1 + 0, 1 + 2
  expected = [
    (LAYOUT.key, x[0, rows.KEY], 0, 0, 0),
    # slot, program, register, polyphony
    (track, 0, 0, 0, 0),
    (track, 1, 33, 42, 0),
    (track, 2, 0, 65, 3),
    (bar, 0, 0, c_major, c_major),
    (plan, 0, rows.NEW, 0, 0),
    (plan, 1, rows.NEW, 0, 0),
    (plan, 2, rows.NEW, 0, 0),
    # slot, pitch, duration, velocity
    (0, 0, 36, 0, 12),
    (0, 1, 40, 3, 10),
    (0, 2, 60, LAYOUT.duration_class(8), 8),
    (0, 2, 64, LAYOUT.duration_class(8), 8),
    (0, 2, 67, LAYOUT.duration_class(8), 8),
    (4, 1, 41, 3, 10),
    (8, 0, 36, 0, 12),
    (8, 1, 42, 3, 10),
    (12, 1, 43, 3, 10),
    (bar, 0, 0, d_major, d_major),
    (plan, 0, 1, 0, 0),  # As one bar before.
    (plan, 1, 1, 0, 0),
    (plan, 2, rows.NEW, 0, 0),
    (0, 2, 62, LAYOUT.duration_class(8), 8),
    (0, 2, 66, LAYOUT.duration_class(8), 8),
    (0, 2, 69, LAYOUT.duration_class(8), 8),
    (end, 0, 0, 0, 0),
  ]
  columns = [0, 1, 2, 3, 4]
  found = x[:, columns].tolist()
  # Chords are those of `harmony.chords`, which are tested there.
  for row, wanted in zip(found, expected):
    if row[0] == bar:
      assert row[:3] == list(wanted[:3])
    else:
      assert row == [int(v) for v in wanted]
  assert len(found) == len(expected)


def test_what_repeats_is_one_row_and_comes_back():
  x = REPRESENTATION.encode(song(6))
  copies = x[(x[:, 0] == LAYOUT.plan) & (x[:, rows.SOURCE] > rows.NEW)]
  lags = {(row[1], rows.LAGS[row[2] - 1]) for row in copies.tolist()}
  assert lags == {(0, 1), (1, 1), (2, 2)}
  assert len(copies) == 5 + 5 + 4
  assert equal(REPRESENTATION.decode(x), REPRESENTATION.project(song(6)))
  assert len(x) * 2 < len(events.events(steps_per_quarter=GRID).encode(song(6)))


def test_more_instruments_than_slots_are_joined_without_losing_a_note():
  tracks = tuple(Track(program) for program in range(0, 80, 4))
  notes = [(4 * i, 4, 40 + i, 84, i) for i in range(len(tracks))]
  notes += [(4 * i + 200, 4, 40 + i, 84, i) for i in range(1, len(tracks))]
  score = canonical(Score(np.array(notes), tracks, resolution=GRID))
  kept = REPRESENTATION.decode(REPRESENTATION.encode(score))
  assert len(kept.tracks) == rows.SLOTS - 1
  assert len(kept.notes) == len(score.notes)
  # The track with the fewest notes is played by the nearest program.
  assert 0 not in {track.program for track in kept.tracks}


@pytest.mark.parametrize(
  'meters, kept',
  [
    ([(0, 3, 4)], [(0, 3, 4)]),
    ([(0, 1, 4), (4, 4, 4)], [(0, 1, 4), (4, 4, 4)]),
    ([(0, 4, 4), (16, 4, 4)], [(0, 4, 4)]),  # Said twice.
    (
      [(0, 4, 4), (20, 3, 4)],
      [(0, 4, 4), (16, 1, 4), (20, 3, 4)],
    ),  # Cut short.
    ([(0, 4, 4), (21, 3, 4)], [(0, 4, 4), (16, 5, 16), (21, 3, 4)]),
    ([(0, 12, 4)], []),  # Longer than any.
  ],
)
def test_meters_are_those_of_whole_bars(meters, kept):
  score = song(meters=np.array(meters))
  found = REPRESENTATION.decode(REPRESENTATION.encode(score))
  assert found.meters.tolist() == [list(m) for m in kept]
  # Music never moves.
  moves = [sorted(s.notes[:, [ONSET, PITCH]].tolist()) for s in (found, score)]
  assert moves[0] == moves[1]


def test_tempi_are_classes_at_bar_lines():
  tempi = np.array([(0, 500_000), (20, 400_000), (32, 400_000)])
  found = REPRESENTATION.decode(REPRESENTATION.encode(song(tempi=tempi)))
  assert found.tempi[:, 0].tolist() == [0, 32]
  np.testing.assert_allclose(found.tempi[:, 1], [500_000, 400_000], rtol=0.03)


@quick
@given(
  score=scores(max_onset=100),
  tempo=st.floats(0.5, 2),
  velocity=st.integers(-40, 40),
)
def test_a_performance_changes_in_tempo_and_velocity_alone(
  score, tempo, velocity
):
  x = REPRESENTATION.encode(score)
  varied = REPRESENTATION.augment_performance(x, tempo, velocity)
  assert varied.dtype == x.dtype and len(varied) == len(x)
  np.testing.assert_array_equal(x, REPRESENTATION.encode(score))  # As it was.
  before, after = REPRESENTATION.decode(x), REPRESENTATION.decode(varied)
  moved = after.notes[:, VELOCITY] - before.notes[:, VELOCITY]
  assert len(set(moved.tolist())) <= 1
  notes = after.notes.copy()
  notes[:, VELOCITY] = before.notes[:, VELOCITY]
  np.testing.assert_array_equal(notes, before.notes)
  np.testing.assert_array_equal(after.tempi[:, 0], before.tempi[:, 0])
  np.testing.assert_array_equal(after.meters, before.meters)


@quick
@given(score=scores(max_onset=400), share=st.floats(0, 0.999))
def test_a_fragment_is_the_rest_of_the_piece(score, share):
  x = REPRESENTATION.encode(score)
  if not len(score.notes):
    return
  part, same = REPRESENTATION.fragment(x, share)
  assert len(part) == len(same) and same.max() < len(x)
  whole, found = REPRESENTATION.decode(x), REPRESENTATION.decode(part)
  starts = rows.bar_starts(x.astype(np.int64), LAYOUT)
  begins = [
    start
    for start in starts[:-1].tolist()
    if len(found.notes) == (whole.notes[:, ONSET] >= start).sum()
  ]

  def is_rest(start):
    rest = whole.notes[whole.notes[:, ONSET] >= start]
    moved = found.notes[:, [ONSET, DURATION, PITCH]].copy()
    moved[:, 0] += start
    a = sorted(map(tuple, moved.tolist()))
    return a == sorted(map(tuple, rest[:, [ONSET, DURATION, PITCH]].tolist()))

  assert any(is_rest(start) for start in begins)
  # Each begins with a note in its first bar.
  length = found.notes[:, ONSET].min()
  assert length < rows.bar_starts(part.astype(np.int64), LAYOUT)[1]


def test_a_fragment_states_its_meter_and_tempo():
  score = song(
    meters=np.array([(0, 4, 4), (32, 3, 4)]),
    tempi=np.array([(0, 500_000), (32, 400_000)]),
  )
  x = REPRESENTATION.encode(score)
  part, _ = REPRESENTATION.fragment(x, 0.9)
  found = REPRESENTATION.decode(part)
  assert found.meters.tolist() == [[0, 3, 4]]
  assert len(found.tempi) == 1 and abs(found.tempi[0, 1] - 400_000) < 12_000


def test_batches_are_beginnings_of_fragments_with_their_conditions():
  pieces = [Piece(f'{i}', song(8 + i)) for i in range(3)]
  x = [REPRESENTATION.encode(piece.score) for piece in pieces]
  annotate = make_annotate(REPRESENTATION, ())
  packed = pack(x, list(map(annotate, pieces, x)))
  batch_at = make_batch_at(
    packed,
    batch_size=16,
    window=40,
    augment=REPRESENTATION,
    fragment=REPRESENTATION.fragment,
  )
  batch = batch_at(0, 0)
  begins = set()
  for x, mask, cond in zip(batch['x'], batch['mask'], batch['cond']):
    assert x[0, 0] == LAYOUT.key and x[1, 0] == LAYOUT.track
    length = int(mask.sum())
    bar = np.flatnonzero(x[:length, 0] == LAYOUT.bar)
    elapsed = cond[bar[0], annotations.ELAPSED]
    begins.add(int(elapsed))
    if len(bar) > 1:
      # A row comes when the one before has been reached.
      assert cond[bar[1] + 1, annotations.ELAPSED] == elapsed + 4
  assert 1 in begins and len(begins) > 3
