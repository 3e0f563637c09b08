"""Measures of tunes, by hand."""

import math

import numpy as np

from musiczoo.evaluation.metrics.tunes import measure_tune
from musiczoo.music.score import Score, to_notes

BAR, EIGHTH = 48, 6


def tune(bars, meters=((0, 4, 4),)):
  """A Score of bars of eighths, a pitch each."""
  pitch = np.array(bars).ravel()
  onset = EIGHTH * np.arange(len(pitch))
  notes = to_notes(onset, EIGHTH, pitch, 80, 0)
  return Score(notes, meters=np.array(meters, np.int32), resolution=12)


def test_bars_that_return_eight_bars_later():
  first = 62 + np.arange(64).reshape(8, 8) % 11
  second = first.copy()
  second[6:] += 1
  found = measure_tune(tune([*first, *second]), tonic=0)
  assert found.repeated_bar_share == 6 / 8
  assert found.metrical_bar_share == 1
  assert found.notes_per_quarter == 2
  assert math.isnan(measure_tune(tune(first), 0).repeated_bar_share)


def test_the_last_note_is_the_tonic_or_not():
  score = tune(np.full((2, 8), 62))
  assert measure_tune(score, 2).ends_on_tonic == 1
  assert measure_tune(score, 7).ends_on_tonic == 0


def test_a_bar_is_broken_by_a_triplet_or_a_tie():
  score = tune(np.full((4, 8), 62))
  triplet, tie = score.notes.copy(), score.notes.copy()
  triplet[3, 0] += 2
  tie[15, 1] += EIGHTH
  for notes in triplet, tie:
    found = measure_tune(score._replace(notes=notes), 2)
    assert found.metrical_bar_share == 3 / 4


def test_a_pick_up_is_no_bar():
  score = tune(np.full(2 + 16, 62), [(0, 1, 4), (12, 4, 4)])
  score.notes[0, 0] += 2  # Not on a sixteenth.
  assert measure_tune(score, 2).metrical_bar_share == 1
