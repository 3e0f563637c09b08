"""What is stored comes back, or is known to be damaged."""

from hypothesis import given, settings, strategies as st
import numpy as np

from musiczoo.data.cache import score_file
from musiczoo.data.corpora.corpus import Piece
from musiczoo.music.score import equal, Score
from tests.strategies import scores

PIECE = Piece('a', Score(np.array([[0, 480, 60, 80, 0]], np.int32)))


@settings(max_examples=20, deadline=None)
@given(st.lists(scores(max_notes=5, max_tracks=3), min_size=1, max_size=4))
def test_scores_come_back(tmp_path_factory, music):
  path = tmp_path_factory.mktemp('store') / 'new' / 'pieces.npz'
  pieces = [Piece(f'piece {i}', score) for i, score in enumerate(music)]
  score_file.save(path, pieces)
  loaded = score_file.load(path)
  assert [piece.name for piece in loaded] == [piece.name for piece in pieces]
  assert all(map(equal, [piece.score for piece in loaded], music))
  assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_any_damage_is_found(tmp_path, capsys):
  path = tmp_path / 'pieces.npz'
  score_file.save(path, [PIECE])
  data = path.read_bytes()
  damaged = [b'', data[:10], data[:-1], data + b'\0']
  for position in range(0, len(data), 13):
    flipped = bytearray(data)
    flipped[position] ^= 1
    damaged.append(bytes(flipped))
  for bytes_ in damaged:
    path.write_bytes(bytes_)
    assert score_file.load(path) is None
    assert f'{path} is damaged' in capsys.readouterr().err


def test_a_file_that_is_not_there_is_no_news(tmp_path, capsys):
  assert score_file.load(tmp_path / 'pieces.npz') is None
  assert not capsys.readouterr().err


def test_what_cannot_be_written_is_said_and_leaves_nothing(tmp_path, capsys):
  (tmp_path / 'file').write_text('no folder')
  score_file.save(tmp_path / 'file' / 'pieces.npz', [PIECE])
  assert 'not written' in capsys.readouterr().err

  (tmp_path / 'pieces.npz').mkdir()  # As the last moment of a save may fail.
  score_file.save(tmp_path / 'pieces.npz', [PIECE])
  assert 'not written' in capsys.readouterr().err
  assert sorted(f.name for f in tmp_path.iterdir()) == ['file', 'pieces.npz']


def test_no_pickle_is_ever_loaded(tmp_path):
  path = tmp_path / 'pieces.npz'
  score_file.save(path, [PIECE])
  with np.load(path, allow_pickle=False) as arrays:
    assert all(array.dtype != object for array in arrays.values())
