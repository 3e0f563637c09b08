"""MuseGAN's metrics on pieces counted by hand, and against plain loops."""

import math

from hypothesis import given, settings, strategies as st
import numpy as np

from musiczoo.evaluation.metrics import musegan
from musiczoo.music import metre, score as score_lib
from musiczoo.music.quantize import quantize
from musiczoo.music.score import canonical, Score
from musiczoo.representations.tracks import group_of, GROUPS
from tests.strategies import scores

DRUMS, BASS, GUITAR, PIANO, STRINGS = range(5)


def play(*notes) -> Score:
  """Notes of onset, duration, pitch, group on a grid of sixteenths."""
  rows = [[t, d, p, 80, g] for t, d, p, g in notes]
  notes = np.array(rows, np.int32).reshape(-1, 5)
  return canonical(Score(notes, GROUPS, resolution=4))


def test_empty_bars():
  # Three bars; the bass lasts from the first into the second.
  score = play((12, 8, 40, BASS), (32, 4, 60, PIANO), (15, 8, 36, DRUMS))
  assert musegan.empty_bars(score, BASS) == 1 / 3
  assert musegan.empty_bars(score, PIANO) == 2 / 3
  assert musegan.empty_bars(score, STRINGS) == 1
  assert musegan.empty_bars(score, DRUMS) == 2 / 3  # What rings doesn't count.
  assert musegan.empty_bars(score, BASS, end=64) == 2 / 4
  assert math.isnan(musegan.empty_bars(play(), BASS))
  assert musegan.empty_bars(play(), BASS, end=32) == 1


def test_used_pitch_classes_of_the_bars_that_are_played():
  chord = [(0, 20, p, PIANO) for p in (60, 64, 67, 72)]  # C twice.
  score = play(*chord, (20, 4, 62, PIANO), (60, 4, 40, BASS))
  assert musegan.used_pitch_classes(score, PIANO) == (3 + 4) / 2
  assert musegan.used_pitch_classes(score, BASS) == 1
  assert math.isnan(musegan.used_pitch_classes(score, GUITAR))


def test_qualified_notes_last_three_sixteenths():
  lengths = [1, 2, 3, 4, 8]
  score = play(*((16 * i, d, 60, PIANO) for i, d in enumerate(lengths)))
  assert musegan.qualified_notes(score, PIANO) == 3 / 5
  assert musegan.qualified_notes(score, PIANO, sixteenths=2) == 4 / 5
  finer = quantize(score, 480)
  assert musegan.qualified_notes(finer, PIANO) == 3 / 5
  assert math.isnan(musegan.qualified_notes(score, DRUMS))


def test_drum_hits_on_the_eighths():
  score = play(*((t, 1, 36, DRUMS) for t in (0, 2, 3, 4, 17, 30)))
  assert musegan.drum_pattern(score) == 4 / 6
  assert math.isnan(musegan.drum_pattern(play((0, 4, 60, PIANO))))


def test_drums_are_placed_by_their_bar():
  notes = play((0, 1, 36, DRUMS), (3, 1, 36, DRUMS), (5, 1, 36, DRUMS))
  upbeat = np.array([[0, 3, 16], [3, 4, 4]], np.int32)
  assert musegan.drum_pattern(notes) == 1 / 3
  assert musegan.drum_pattern(notes._replace(meters=upbeat)) == 1


def centroid(pitch):
  return np.array(
    [
      r * f(pitch * step * math.pi)
      for step, r in ((7 / 6, 1), (3 / 2, 1), (2 / 3, 0.5))
      for f in (math.sin, math.cos)
    ]
  )


def test_tonal_distance_of_single_notes():
  # Together in the second beat alone: C against G, and C against F sharp.
  for other in (7, 6):
    score = play((0, 8, 36, BASS), (4, 8, 60 + other, PIANO))
    expected = np.linalg.norm(centroid(0) - centroid(other))
    np.testing.assert_allclose(
      musegan.tonal_distance(score, BASS, PIANO), expected
    )
  # By hand: a fifth is 30 degrees on the first circle, 90 degrees on the
  # second and 120 degrees on the third, of half the size.
  chords = [2 * math.sin(math.radians(a / 2)) for a in (30, 90, 120)]
  fifth = math.hypot(chords[0], chords[1], chords[2] / 2)
  np.testing.assert_allclose(fifth, np.linalg.norm(centroid(0) - centroid(7)))


def test_tonal_distance_of_the_same_and_of_never_together():
  triad = [(0, 16, p, g) for p in (60, 64, 67) for g in (GUITAR, STRINGS)]
  assert musegan.tonal_distance(play(*triad), GUITAR, STRINGS) < 1e-12
  apart = play((0, 4, 60, GUITAR), (4, 4, 60, STRINGS))
  assert math.isnan(musegan.tonal_distance(apart, GUITAR, STRINGS))


def test_unisons_within_a_group_weigh_once():
  tracks = (GROUPS[PIANO], GROUPS[PIANO]._replace(name='two'), GROUPS[BASS])
  rows = [
    [0, 4, 60, 80, 0],
    [1, 3, 60, 80, 1],
    [0, 4, 67, 80, 0],
    [0, 4, 40, 80, 2],
  ]
  score = canonical(Score(np.array(rows, np.int32), tracks, resolution=4))
  expected = (centroid(0) + centroid(7)) / 2 - centroid(4)
  np.testing.assert_allclose(
    musegan.tonal_distance(score, PIANO, BASS), np.linalg.norm(expected)
  )


def mean(values):
  return sum(values) / len(values) if values else math.nan


@settings(max_examples=60, deadline=None)
@given(
  scores(max_onset=40, max_tracks=5, resolutions=st.integers(1, 12)),
  st.sampled_from(musegan.PITCHED),
  st.sampled_from(musegan.PITCHED),
)
def test_plain_loops_agree(score, one, other):
  group = group_of(score.tracks)
  length = score_lib.end(score) + 2 * score.resolution
  rolls = {g: [set() for _ in range(length)] for g in range(-1, 5)}
  for onset, duration, pitch, _, track in score.notes.tolist():
    for tick in range(onset, onset + duration):
      rolls[group[track]][tick].add(pitch)
  lines = metre.bars(score).tolist()
  bars = [rolls[one][a:b] for a, b in zip(lines, lines[1:])]
  np.testing.assert_allclose(
    musegan.empty_bars(score, one), mean([not any(bar) for bar in bars])
  )
  classes = [len({p % 12 for tick in bar for p in tick}) for bar in bars]
  np.testing.assert_allclose(
    musegan.used_pitch_classes(score, one), mean([c for c in classes if c])
  )
  distances = []
  for beat in range(0, score_lib.end(score), score.resolution):
    ticks = range(beat, beat + score.resolution)
    chroma = [
      [p % 12 for t in ticks for p in rolls[g][t]] for g in (one, other)
    ]
    if all(chroma):
      a, b = (sum(map(centroid, c)) / len(c) for c in chroma)
      distances.append(np.linalg.norm(a - b))
  np.testing.assert_allclose(
    musegan.tonal_distance(score, one, other), mean(distances), atol=1e-9
  )
