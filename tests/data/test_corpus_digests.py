"""Digests follow every note of a corpus, and its names."""

import numpy as np

from musiczoo.data import dataset
from musiczoo.data.corpora.recordings import Recordings
from musiczoo.data.corpus import Piece, Roll
from musiczoo.data.corpus_digests import difference, digests
from musiczoo.music.score import Score, Track


def note(pitch=60):
  return np.array([[0, 1, pitch, 80, 0]], np.int32)


def test_each_value_of_a_score_counts():
  plain = Score(note())
  others = [
    Score(note(61)),
    Score(note(), (Track(1),)),
    Score(note(), (Track(name='S'),)),
    Score(note(), resolution=12),
    Score(note(), tempi=np.array([[0, 1]])),
    Score(note(), meters=np.array([[0, 3, 4]])),
    Score(note(), keys=np.array([[0, 3, 1]])),
    Score(note(), phrase_ends=np.array([4])),
  ]
  found = [
    digests({'train': [Piece('a', score)]}, ['train'])['train/a']
    for score in [plain, *others]
  ]
  assert len(set(found)) == len(found)
  # The type of the numbers does not.
  wide = Score(note().astype(np.int64))
  assert digests({'train': [Piece('a', wide)]}, ['train']) == {
    'train/a': found[0]
  }


def test_only_the_splits_that_are_used_count():
  x = np.zeros((3, 88), np.uint8)
  corpus = {'train': [Roll('0', x)], 'valid': [], 'test': [Roll('1', x)]}
  assert list(digests(corpus, ('train', 'valid'))) == ['train/0']


def test_of_a_dataset_they_are_those_of_its_files(tmp_path):
  found = []
  for name, pitch in ('a', 60), ('b', 60), ('c', 61):
    with dataset.creating(tmp_path / name) as (writer, folder):
      writer.add(Piece('x', Score(note(pitch))), 'train')
      (folder / 'report.json').write_text(name)  # Says nothing of the pieces.
    found.append(digests(dataset.open(tmp_path / name), ('train', 'valid')))
  assert found[0] == found[1]
  assert difference(found[0], found[2]) == 'changed: notes.npy'


def test_of_recordings_they_are_those_of_the_files(tmp_path):
  corpus = {'train': Recordings(tmp_path, 'train', {'a.wav': '1'})}
  assert digests(corpus, ['train']) == {'train/a.wav': '1'}


def test_what_differs_is_named():
  there = {name: '0' for name in 'abcdefg'}
  here = {'a': '0', 'b': '1', 'x': '0'}
  assert difference(there, there) == ''
  assert difference(there, here) == (
    'changed: b; gone: c, d, e and 2 more; new: x'
  )
