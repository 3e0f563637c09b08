"""Equal to MusPy's own figures, and where not, different by exactly so much."""

import json
import math
import pathlib

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest

from musiczoo.evaluation.metrics import muspy
from musiczoo.music import harmony, metre, score as score_lib, transform
from musiczoo.music.score import DURATION, ONSET, PITCH, Score, Track
from tests.strategies import scores

CASES = json.loads(
  (pathlib.Path(__file__).parents[2] / 'golden' / 'metrics.json').read_text()
)
EQUAL = {
  'n_pitches_used': muspy.n_pitches_used,
  'n_pitch_classes_used': muspy.n_pitch_classes_used,
  'polyphony': muspy.polyphony,
  'polyphony_rate': muspy.polyphony_rate,
  'pitch_in_scale_rate_c_major': lambda s: muspy.pitch_in_scale_rate(s, (0, 0)),
  'pitch_in_scale_rate_e_minor': lambda s: muspy.pitch_in_scale_rate(s, (4, 1)),
  'scale_consistency': muspy.scale_consistency,
  'pitch_entropy': muspy.pitch_entropy,
  'pitch_class_entropy': muspy.pitch_class_entropy,
  'drum_in_pattern_rate_duple': muspy.drum_in_pattern_rate,
  'drum_in_pattern_rate_triple': lambda s: muspy.drum_in_pattern_rate(
    s, 'triple'
  ),
  'drum_pattern_consistency': muspy.drum_pattern_consistency,
}


def case_of(case) -> Score:
  return Score(
    np.array(case['notes'], np.int32),
    tuple(Track(program, drums) for program, drums in case['tracks']),
    meters=np.array([[0, case['quarters'], 4]], np.int32),
    resolution=case['resolution'],
  )


def figure(case, name) -> float:
  value = case['figures'][name]
  return math.nan if value is None else value


def close(ours, muspys):
  np.testing.assert_allclose(ours, muspys, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize('case', CASES, ids=range(len(CASES)))
@pytest.mark.parametrize('name', EQUAL)
def test_equals_muspy(case, name):
  close(EQUAL[name](case_of(case)), figure(case, name))


@pytest.mark.parametrize('case', CASES, ids=range(len(CASES)))
def test_the_range_of_nothing_is_undefined(case):
  ours = muspy.pitch_range(case_of(case))
  muspys = figure(case, 'pitch_range')
  assert ours == muspys or (math.isnan(ours) and muspys == -127)


@pytest.mark.parametrize('case', CASES, ids=range(len(CASES)))
@pytest.mark.parametrize(
  'metric', [muspy.empty_beat_rate, muspy.empty_measure_rate]
)
def test_muspys_notes_sound_in_the_beat_or_bar_where_they_end(case, metric):
  score = case_of(case)
  notes = score.notes.copy()
  notes[:, DURATION] += 1
  longer = metric(score._replace(notes=notes))
  close(longer, figure(case, metric.__name__))


def test_that_makes_a_difference():
  assert any(
    muspy.empty_beat_rate(case_of(case)) != figure(case, 'empty_beat_rate')
    for case in CASES
  )


@pytest.mark.parametrize('case', CASES, ids=range(len(CASES)))
def test_muspys_groove_has_an_empty_bar_after_a_bar_line(case):
  score = case_of(case)
  ours = muspy.groove_consistency(score)
  bar = case['quarters'] * score.resolution
  num_bars, rest = divmod(score_lib.end(score), bar)
  if not rest:
    onset = np.unique(score.notes[:, ONSET])
    in_the_last = np.count_nonzero(onset >= (num_bars - 1) * bar)
    neighbours = (1 - ours) * (num_bars - 1) + in_the_last / bar
    ours = 1 - neighbours / num_bars
  close(ours, figure(case, 'groove_consistency'))


def test_some_cases_end_on_a_bar_line_and_some_do_not():
  ends = {
    score_lib.end(case_of(case)) % (case['quarters'] * case['resolution']) > 0
    for case in CASES
  }
  assert ends == {False, True}


def test_nothing_is_undefined():
  nothing = Score(np.zeros((0, 5), np.int32))
  counts = muspy.n_pitches_used, muspy.n_pitch_classes_used
  assert [count(nothing) for count in counts] == [0, 0]
  for metric in (
    muspy.pitch_range,
    muspy.polyphony,
    muspy.polyphony_rate,
    muspy.pitch_in_scale_rate,
    muspy.scale_consistency,
    muspy.pitch_entropy,
    muspy.pitch_class_entropy,
    muspy.empty_beat_rate,
    muspy.empty_measure_rate,
    muspy.drum_in_pattern_rate,
    muspy.drum_pattern_consistency,
    muspy.groove_consistency,
  ):
    assert math.isnan(metric(nothing))


def test_silence_counts_up_to_the_end():
  notes = np.array([[0, 4, p, 80, 0] for p in (60, 64, 67)], np.int32)
  score = Score(notes, resolution=4)
  assert muspy.empty_beat_rate(score) == 0
  assert muspy.empty_beat_rate(score, end=64) == 15 / 16
  assert muspy.empty_measure_rate(score) == 0
  assert muspy.empty_measure_rate(score, end=64) == 3 / 4
  assert muspy.polyphony_rate(score) == 1
  assert muspy.polyphony_rate(score, end=64) == 1 / 16
  nothing = score._replace(notes=notes[:0])
  assert muspy.empty_beat_rate(nothing, end=64) == 1
  assert muspy.polyphony_rate(nothing, end=64) == 0


def test_the_scale_is_that_of_the_key():
  scale = [60, 62, 64, 65, 67, 69, 71, 72, 67, 64, 60, 61]  # One C sharp.
  notes = [[4 * i, 4, pitch, 80, 0] for i, pitch in enumerate(scale)]
  score = Score(np.array(notes, np.int32), resolution=4)
  assert harmony.key(score)[:2] == (0, 0)
  assert muspy.pitch_in_scale_rate(score) == 11 / 12


def test_grooves_of_unequal_bars_are_not_compared():
  # 3/4, 4/4, 4/4: the onsets of the first, another and the third are alike.
  onsets = [0, 4, 8, 12, 28]
  notes = np.array([[t, 4, 60, 80, 0] for t in onsets], np.int32)
  meters = np.array([[0, 3, 4], [12, 4, 4]], np.int32)
  score = Score(notes, meters=meters, resolution=4)
  assert muspy.groove_consistency(score) == 1
  assert math.isnan(muspy.groove_consistency(transform.crop(score, 28)))


def mean(values):
  return sum(values) / len(values) if values else math.nan


@settings(max_examples=60, deadline=None)
@given(scores(max_onset=40, max_tracks=4, resolutions=st.integers(1, 12)))
def test_plain_loops_agree(score):
  length = score_lib.end(score)
  sounding = [set() for _ in range(length)]
  pitched = [set() for _ in range(length)]
  for onset, duration, pitch, _, track in score.notes.tolist():
    for tick in range(onset, onset + duration):
      sounding[tick].add(pitch)
      if not score.tracks[track].drums:
        pitched[tick].add(pitch)
  numbers = [len(p) for p in pitched]
  close(muspy.polyphony(score), mean([n for n in numbers if n]))
  close(muspy.polyphony_rate(score), mean([n > 2 for n in numbers]))

  def empty_rate(lines):
    return mean([not any(sounding[a:b]) for a, b in zip(lines, lines[1:])])

  lines = metre.bars(score).tolist()
  close(muspy.empty_measure_rate(score), empty_rate(lines))
  quarters = range(0, length + score.resolution, score.resolution)
  close(muspy.empty_beat_rate(score), empty_rate(quarters))
  onsets = set(score.notes[:, ONSET].tolist())
  alike = []
  for a, b, c in zip(lines, lines[1:], lines[2:]):
    if b - a == c - b:
      same = [(t in onsets) == (t + b - a in onsets) for t in range(a, b)]
      alike.append(np.mean(same))
  close(muspy.groove_consistency(score), mean(alike))
  used = set(score.notes[score_lib.pitched(score), PITCH].tolist())
  assert muspy.n_pitches_used(score) == len(used)
