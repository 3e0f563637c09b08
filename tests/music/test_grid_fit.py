"""Grids: which fits, how far notes move to it, and their time in seconds."""

import numpy as np
import pytest

from musiczoo.music import grid_fit
from musiczoo.music.score import Score
from musiczoo.music.tempo import seconds


def song(onsets, resolution=96, **more):
  notes = [(onset, 1, 60, 80, 0) for onset in onsets]
  return Score(np.array(notes, np.int32), resolution=resolution, **more)


@pytest.mark.parametrize('steps', grid_fit.GRIDS)
def test_the_coarsest_grid_that_fits_is_best(steps):
  off = grid_fit.shares_off(song(np.arange(60) * (96 // steps)))
  assert off[steps] == 0
  assert grid_fit.best(off) == steps
  assert not grid_fit.is_free(off)


def test_a_few_notes_off_a_grid_make_it_no_worse():
  onsets = np.arange(200) * 24
  onsets[[50, 100]] += 8  # One in a hundred plays triplets of eighths.
  off = grid_fit.shares_off(song(onsets))
  assert off[4] == 0.01 and off[12] == 0
  assert grid_fit.best(off) == 4
  onsets[[120, 150]] += 8
  assert grid_fit.best(grid_fit.shares_off(song(onsets))) == 12


def test_onsets_at_random_fit_no_grid():
  onsets = np.sort(np.random.default_rng(0).integers(0, 10**6, 400))
  off = grid_fit.shares_off(song(onsets, resolution=9973))
  assert all(share == pytest.approx(0.75, abs=0.08) for share in off.values())
  assert grid_fit.is_free(off)


@pytest.mark.parametrize('late', [-5, 5, 6])
def test_a_constant_offset_is_not_free(late):
  score = song(480 + np.arange(200) * 24 + late)
  assert grid_fit.is_free(grid_fit.shares_off(score))
  offset = grid_fit.offset(score)
  assert offset == pytest.approx(late / 96)
  off = grid_fit.shares_off(score, offset)
  assert grid_fit.best(off) == 4 and off[4] == 0


def test_a_performance_has_no_offset():
  onsets = np.sort(np.random.default_rng(0).integers(0, 10**6, 400))
  assert grid_fit.offset(song(onsets, resolution=9973)) == 0
  assert grid_fit.offset(song(np.arange(60) * 24)) == 0


def test_notes_move_in_time_as_quantize_moves_them():
  # The second note is a sixteenth late: 125 ms at 120 quarters a minute, and
  # 250 ms at half the tempo.
  score = song([0, 5], resolution=4)
  assert grid_fit.moved(score, 2) == (62.5, 125)
  assert grid_fit.moved(score, 4) == (0, 0)
  slow = score._replace(tempi=np.array([[0, 1_000_000]]))
  assert grid_fit.moved(slow, 2) == (125, 250)


def test_seconds_follow_the_tempo_map():
  score = song([0], 4, tempi=np.array([[4, 1_000_000], [8, 250_000]]))
  ticks = np.array([0, 2, 4, 6, 8, 12])
  np.testing.assert_allclose(
    seconds(score, ticks), [0, 0.25, 0.5, 1, 1.5, 1.75]
  )
