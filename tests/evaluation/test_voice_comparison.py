"""Sets of pieces side by side, and how they are printed."""

import numpy as np
import pytest

from musiczoo.data.corpus import Piece
from musiczoo.evaluation import voice_comparison
from musiczoo.evaluation.metrics.voice_leading import VOICE_LEADING
from musiczoo.music.quantize import quantize
from musiczoo.representations import REPRESENTATIONS
from tests.evaluation.metrics.chorales import PHRASES, voices, walk

WALKS = [walk(8, seed) for seed in range(3)]


def test_other_music_has_a_worse_grade_and_breaks_more_rules():
  train = [PHRASES] * 2
  music = {'same': [PHRASES], 'other': WALKS}
  found = voice_comparison.compare(music, train)
  for figure in (
    'grade',
    'leaps_over_octave_per_1000_moves',
    'chord_bigram_divergence_bits',
  ):
    assert found[figure]['same'][0] < found[figure]['other'][0]
  assert found['phrases_end_on_cadence_share'] == {'same': (1, 1, 1)}
  low, high = found['notes_per_quarter']['other'][1:]
  assert low < found['notes_per_quarter']['other'][0] < high


def test_without_training_pieces_there_is_no_grade():
  found = voice_comparison.compare({'a': [PHRASES, *WALKS]})
  assert set(found) == set(VOICE_LEADING)


def test_pieces_without_notes_have_no_grade():
  silent = voices('', '', '', '')
  found = voice_comparison.compare({'a': [silent, PHRASES]}, [PHRASES])
  alone = voice_comparison.compare({'a': [PHRASES]}, [PHRASES])
  assert found['grade']['a'][0] == alone['grade']['a'][0]
  nothing = voice_comparison.compare({'a': [silent], 'b': [PHRASES]}, [PHRASES])
  assert set(nothing['grade']) == {'b'}


def test_the_main_figures_are_figures():
  music = {'a': [PHRASES], 'b': WALKS}
  found = voice_comparison.compare(music, [PHRASES])
  assert set(voice_comparison.MAIN) <= set(found)


def test_real_pieces_keep_the_ends_of_their_phrases():
  representation = REPRESENTATIONS['voices']()
  fine = quantize(PHRASES, 24)
  (score,) = voice_comparison.real_scores([Piece('a', fine)], representation)
  assert score.phrase_ends.tolist() == [32, 64]
  assert np.array_equal(score.notes, PHRASES.notes)
  many = [Piece(str(i), PHRASES) for i in range(600)]
  assert len(voice_comparison.real_scores(many, representation)) == 512
  assert voice_comparison.real_scores([], representation) == []


def test_the_table_is_aligned_and_has_gaps():
  figures = {'a': {'split': (1, 0.5, 2)}, 'long': {'samples': (10, 9, 11)}}
  assert voice_comparison.table(figures).split('\n') == [
    '           split     samples',
    '   a  1 [0.5, 2]            ',
    'long              10 [9, 11]',
  ]


def test_tracks_that_are_no_voices_are_refused():
  chord = PHRASES._replace(notes=PHRASES.notes * np.array([1, 1, 1, 1, 0]))
  with pytest.raises(ValueError, match='two notes at once'):
    voice_comparison.compare({'a': [chord]})
