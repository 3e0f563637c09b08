"""The novelty report of a corpus: a planted copy is found and named."""

import numpy as np
import pytest

from musiczoo.data.corpus import Piece, Roll
from musiczoo.errors import UserError
from musiczoo.evaluation.novelty.report import report, summary
from musiczoo.music.score import Score
from musiczoo.music.transform import transpose


def piece(seed, steps=40):
  pitch = np.random.default_rng(seed).integers(40, 80, steps)
  notes = [(i, 1, p, 80, 0) for i, p in enumerate(pitch)]
  return Score(np.array(notes, np.int32), resolution=4)


def corpus(kind=Piece):
  splits = {'train': range(5), 'valid': [5], 'test': [6, 7]}
  make = piece
  if kind is Roll:
    rng = np.random.default_rng(0)
    rolls = (rng.random((8, 40, 88)) < 0.05).astype(np.uint8)
    make = rolls.__getitem__
  return {k: [kind(f'song {i}', make(i)) for i in v] for k, v in splits.items()}


def test_a_planted_copy_is_named():
  copy = transpose(piece(3), 5)
  reports = report(corpus(), 4, generated=[piece(20), copy])
  span = reports['generated']['longest_transposed']
  assert span['source'] == 'song 3'
  assert (span['frames'], span['piece'], span['semitones']) == (40, 1, 5)
  assert reports['generated']['transposed_16'] == 0.5
  assert reports['generated']['verbatim_16'] == 0
  assert reports['test']['transposed_8'] == 0
  words = summary(reports['generated'], reports['test'], 4)
  assert '10 quarter notes of song 3, +5 semitones, in piece 1' in words
  assert '16 steps 50.0% (0.0%)' in words


def test_a_corpus_without_test_pieces_says_so():
  small = corpus()
  small['test'] = []
  with pytest.raises(UserError, match='no test pieces to compare with'):
    report(small, 4, generated=[piece(20)])


def test_silence_is_no_copy():
  silent = Score(np.zeros((0, 5), np.int32), resolution=4)
  found = report(corpus(), 4, generated=[silent])['generated']
  assert found['verbatim_4'] == 0 and found['longest_verbatim'] is None


def test_rolls_are_compared_as_they_are():
  reports = report(corpus(Roll), 4)
  assert list(reports) == ['test']
  assert reports['test']['verbatim_8'] == 0
