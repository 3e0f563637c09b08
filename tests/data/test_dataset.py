"""What is written piece by piece comes back, tick for tick, in its split."""

import pathlib
import tempfile

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest

from musiczoo.data import corpora, dataset
from musiczoo.data.corpus import Piece
from musiczoo.data.splits import SPLITS
from musiczoo.errors import UserError
from musiczoo.music.score import equal, Score
from tests.strategies import scores


def write(path, pieces):
  """Writes (Piece, split) pairs."""
  with dataset.creating(path) as (writer, _):
    return [writer.add(piece, split) for piece, split in pieces]


def nameless(score):
  tracks = tuple(track._replace(name='') for track in score.tracks)
  return score._replace(tracks=tracks)


@settings(max_examples=20)
@given(st.lists(st.tuples(scores(), st.sampled_from(SPLITS)), max_size=5))
def test_pieces_come_back(given_scores):
  # A name that is no UTF-8 is some file's, too.
  pieces = [
    (Piece(f'stil/{i}é\udce9.mid', nameless(score)), split)
    for i, (score, split) in enumerate(given_scores)
  ]
  with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / 'd'
    assert write(path, pieces) == list(range(len(pieces)))
    splits = dataset.open(path)
    for split in SPLITS:
      expected = [piece for piece, its in pieces if its == split]
      assert len(splits[split]) == len(expected)
      for ours, theirs in zip(splits[split], expected):
        assert ours.name == theirs.name
        assert equal(ours.score, theirs.score)
        assert isinstance(ours.score.notes, np.ndarray)


@pytest.fixture
def path(tmp_path):
  notes = np.array([[0, 1, 60, 80, 0]], np.int32)
  pieces = [
    (Piece(f'{i}.mid', Score(notes * (i + 1))), 'train') for i in range(5)
  ]
  write(tmp_path / 'd', pieces)
  return tmp_path / 'd'


def test_a_split_is_a_sequence(path):
  split = dataset.open(path)['train']
  assert [piece.name for piece in split[1:3]] == ['1.mid', '2.mid']
  assert split[-1].name == '4.mid'
  with pytest.raises(IndexError):
    split[5]
  assert len(dataset.open(path)['test']) == 0


def test_a_dataset_is_a_corpus(path):
  corpus = corpora.load(str(path))
  assert [len(corpus[split]) for split in SPLITS] == [3, 1, 1]


def test_a_dataset_keeps_its_split_or_is_not_split(path, caplog):
  corpus = corpora.load(str(path), 'all')
  assert [len(corpus[split]) for split in SPLITS] == [5, 5, 5]
  assert corpus['train'].name == 'all' and corpus['valid'][4].name == '4.mid'
  assert 'not of unseen music' in caplog.text
  with pytest.raises(UserError, match='prepare --split=70/15/15$'):
    corpora.load(str(path), '70/15/15')


def test_damage_is_named(path):
  with (path / 'notes.npy').open('r+b') as file:
    file.seek(-1, 2)
    file.write(b'\x55')
  with pytest.raises(UserError, match='notes.npy is damaged'):
    corpora.load(str(path))


def test_nothing_is_read_before_it_is_asked_for(path):
  split = dataset.open(path)['train']
  notes = split[0].score.notes
  while notes.base is not None and not isinstance(notes, np.memmap):
    notes = notes.base
  assert isinstance(notes, np.memmap)


@pytest.mark.parametrize(
  'name,style',
  [('a.mid', ''), ('jazz/a.mid', 'jazz'), ('jazz/new/a.mid', 'jazz')],
)
def test_the_style_is_the_first_folder(name, style):
  assert dataset.style_of(name) == style
