"""Every metric of every piece, and windows that are like with like."""

import math

from hypothesis import given, settings, strategies as st
import numpy as np

from musiczoo.evaluation.metrics import measure, METRICS, metrics, windows
from musiczoo.music import metre, transform
from musiczoo.music.quantize import quantize
from musiczoo.music.score import equal, Score
from tests.evaluation.metrics.test_musegan import BASS, DRUMS, PIANO, play
from tests.strategies import scores

SONG = play(
  *((t, 2, 60 + t % 7, PIANO) for t in range(0, 64, 2)),
  *((t, 1, 36, DRUMS) for t in range(0, 64, 4)),
  *((t, 16, 40, BASS) for t in range(0, 64, 16)),
)


def test_the_table_has_both_sets():
  assert len(METRICS) == 14 + 5 + 4 + 4 + 6 + 1
  assert METRICS['tonal_distance_bass_piano'](SONG) > 0
  assert math.isnan(METRICS['tonal_distance_guitar_piano'](SONG))
  assert METRICS['qualified_notes_bass'](SONG) == 1
  assert METRICS['qualified_notes_piano'](SONG) == 0
  assert METRICS['empty_bars_strings'](SONG) == 1
  assert METRICS['used_pitch_classes_bass'](SONG) == 1
  assert METRICS['drum_pattern'](SONG) == 1


def test_measured_on_a_common_grid():
  fine = quantize(SONG, 480)
  found = measure([SONG, fine])
  assert set(found) == set(METRICS)
  for name, (coarse, again) in found.items():
    np.testing.assert_equal(coarse, again, err_msg=name)
    np.testing.assert_equal(coarse, METRICS[name](SONG), err_msg=name)


def test_silence_at_the_end_of_a_piece_counts_if_asked():
  head = transform.crop(SONG, 32)
  found = measure([head], num_steps=64)
  assert found['empty_bars_bass'] == found['empty_measure_rate'] == 0.5
  assert found['empty_beat_rate'] == 0.5
  assert measure([head])['empty_bars_bass'] == 0
  silent = measure([play()], num_steps=64)
  assert silent['empty_bars_drums'] == silent['empty_beat_rate'] == 1


@settings(max_examples=40, deadline=None)
@given(scores(max_onset=200, max_tracks=4, resolutions=st.integers(1, 12)))
def test_any_score_has_figures(score):
  for name, metric in metrics(end=64).items():
    value = metric(score)
    assert isinstance(value, float) and not math.isinf(value), name


def test_windows_begin_at_bars_and_cover_the_piece():
  pieces = windows(SONG, 32)
  assert len(pieces) == 2
  assert equal(pieces[0], transform.crop(SONG, 32))
  assert equal(pieces[1], transform.cut(SONG, 32, 64))
  assert windows(SONG, 65) == []
  assert windows(Score(np.zeros((0, 5), np.int32)), 16) == []


def test_windows_of_other_meters_go_on_with_the_next_bar():
  waltz = SONG._replace(meters=np.array([[0, 3, 4]], np.int32))
  # Bars of 12 steps: 0 to 16, then from bar line 24, then from 48.
  pieces = windows(waltz, 16)
  assert len(pieces) == 3
  assert equal(pieces[1], transform.cut(waltz, 24, 40))
  assert metre.bars(pieces[1]).tolist() == [0, 12, 24]
