"""What is stored comes back, or is known to be damaged."""

from hypothesis import given, settings, strategies as st
import pytest

from musiczoo.corpora import store
from musiczoo.corpora.corpus import Piece
from musiczoo.score import equal
from tests.strategies import scores


@settings(max_examples=20, deadline=None)
@given(st.lists(scores(max_notes=5, max_tracks=3), min_size=1, max_size=4))
def test_scores_come_back(tmp_path_factory, music):
  path = tmp_path_factory.mktemp('store') / 'new' / 'pieces.npz'
  pieces = [Piece(f'piece {i}', score) for i, score in enumerate(music)]
  store.save(path, pieces)
  loaded = store.load(path)
  assert [piece.name for piece in loaded] == [piece.name for piece in pieces]
  assert all(map(equal, [piece.score for piece in loaded], music))
  assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.fixture
def path(tmp_path):
  file = tmp_path / 'pieces.npz'
  store.save(file, [Piece('a', scores().example())])
  return file
