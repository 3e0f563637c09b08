"""Numbers of pieces of any length, by stretches of one length."""

import numpy as np
import pytest

from musiczoo.evaluation import metrics
from musiczoo.music.quantize import quantize
from musiczoo.music.score import Score
from musiczoo.show.page import numbers


def song(bars):
  notes = [(t, 1, 60 + t % 5, 80, 0) for t in range(16 * bars)]
  return Score(np.array(notes, np.int32), resolution=4)


def test_figures_are_means_over_stretches():
  found = numbers.metrics_of(song(4), 4, 32)
  assert found['pitch range'] == 4
  halves = metrics.measure(metrics.windows(song(4), 32), num_steps=32)
  expected = np.mean(halves['pitch_class_entropy'])
  assert found['pitch class entropy'] == pytest.approx(expected)
  fine = quantize(song(4), 480)
  assert numbers.metrics_of(fine, 4, 32) == found
  assert 'drum in pattern rate' not in found


def test_a_short_piece_has_none():
  assert numbers.metrics_of(song(1), 4, 32) == {}
  silent = Score(np.zeros((0, 5), np.int32), ())
  assert numbers.metrics_of(silent, 4, 32) == {}


def test_names_in_words():
  assert numbers.label('nll_per_note_pitch') == 'nats per note pitch'
  assert numbers.label('nll_bound_per_note') == 'nats at most per note'
  assert numbers.label('n_pitches_used') == 'pitches used'


def test_copies_in_words():
  span = {'frames': 6, 'piece': 1, 'source': 'bwv1', 'semitones': -5}
  report = {
    'transposed_4': 0.5,
    'transposed_8': 0.25,
    'transposed_16': 0.0,
    'longest_transposed': span,
  }
  assert numbers.copied(report)['copied, 8 steps'] == '25.0%'
  text = '1.5 quarter notes of bwv1, -5 semitones'
  assert numbers.longest(report, 4) == {1: {'longest copy of all': text}}
  assert numbers.longest(report | {'longest_transposed': None}, 4) == {}
