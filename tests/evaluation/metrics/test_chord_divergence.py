"""Chords of beats, bigrams and cadences counted by hand; divergences known."""

import numpy as np
import pytest

from musiczoo.evaluation.metrics import chord_divergence
from musiczoo.evaluation.metrics.beat_chords import beat_chords, SHAPES
from musiczoo.evaluation.metrics.parts import parts
from tests.evaluation.metrics.chorales import PHRASES, voices, walk

BIGRAMS = 'chord_bigram_divergence_bits'


def names(*lines):
  """Root and quality of each beat."""
  found = beat_chords(parts(voices(*lines)))
  shapes = list(SHAPES)
  return [(r, shapes[q]) for r, q in zip(*(x.tolist() for x in found))]


def test_chords_of_beats():
  assert names('72 71', '64 65', '60 62', '48 43') == [
    (0, 'major'),
    (7, 'dominant seventh'),
  ]
  # C and E alone: C if it is the bass, and A minor contains them as well.
  assert names('72', '64', '60', '48') == [(0, 'major')]
  assert names('69', '64', '60', '57') == [(9, 'minor')]
  assert names('68', '65', '62', '59') == [(11, 'diminished seventh')]
  assert names('66', '65', '64', '48') == [(0, 'other')]
  # Of three voices or more, two are no chord; a duet has no others.
  assert names('72 72', '64 64', '- 55') == [(0, 'major')]
  assert names('72', '64') == [(0, 'major')]


def test_bigrams_are_relative_to_the_key():
  lines = '72 72 71 72', '64 65 65 64', '55 57 62 55', '48 53 55 48'
  count = chord_divergence.chord_bigrams(parts(voices(*lines)))
  first, then = np.divmod(np.flatnonzero(count), 37)
  # I IV, IV V and V I; three labels a degree, major first.
  assert sorted(zip(first.tolist(), then.tolist())) == [
    (0, 15),
    (15, 21),
    (21, 0),
  ]
  up = [' '.join(str(int(p) + 3) for p in line.split()) for line in lines]
  again = chord_divergence.chord_bigrams(parts(voices(*up)))
  assert (again == count).all()
  held = voices('72:16', '64:16', '55:16', '48:16')
  assert not chord_divergence.chord_bigrams(parts(held)).any()


def test_cadences():
  found = parts(PHRASES)
  # The bass rises by five semitones to a triad on the tonic.
  for count in chord_divergence.final_cadence, chord_divergence.phrase_cadences:
    assert np.flatnonzero(count(found)).tolist() == [4 * 5 + 3]
  one = chord_divergence.final_cadence(parts(voices('72', '67', '62', '48')))
  assert np.flatnonzero(one).tolist() == [0]
  assert not chord_divergence.final_cadence(parts(voices('', ''))).any()


def test_jensen_shannon():
  counts = np.array([[2, 0], [0, 5], [1, 1], [0, 0]])
  found = chord_divergence.jensen_shannon(counts, np.array([7, 0]))
  # Of (1/2, 1/2) from (1, 0): H(3/4, 1/4) - 1/2.
  half = -0.75 * np.log2(0.75) - 0.25 * np.log2(0.25) - 0.5
  assert found[:3] == pytest.approx([0, 1, half])
  assert np.isnan(found[3])


def test_other_music_diverges_more():
  corpus = chord_divergence.histograms([PHRASES] * 3)
  same = chord_divergence.divergences(corpus, corpus)
  assert all(v == (0, 0, 0) for v in same.values())
  other = chord_divergence.histograms([walk(8, seed) for seed in range(3)])
  value, low, high = chord_divergence.divergences(other, corpus)[BIGRAMS]
  assert 0.5 < value <= 1 and 0.5 < low <= high <= 1
  # Walks have no phrases.
  found = chord_divergence.divergences(other, corpus)
  assert np.isnan(found['phrase_cadence_divergence_bits']).all()
