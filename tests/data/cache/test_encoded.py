"""A split encoded once is what encoding its pieces would give."""

import json
import os
import shutil

import numpy as np
import pytest

from musiczoo.data import dataset
from musiczoo.data.cache import encoded
from musiczoo.data.corpus import Piece
from musiczoo.data.pieces import pack
from musiczoo.errors import UserError
from musiczoo.music import files
from musiczoo.music.score import DURATION, PITCH, Score
from musiczoo.representations.sparse_roll import SparseRoll


def encode(piece):
  return piece.score.notes[:, [PITCH, DURATION]].astype(np.int16)


def encode_sparse(piece):
  spans = np.array([[0, 1, 60], [1, 2, 61], [0, 2, 62]], np.int32)
  num = len(piece.score.notes)
  return SparseRoll(spans[:num], (num, 88))


@pytest.fixture
def split(tmp_path):
  with dataset.creating(tmp_path / 'd') as (writer, _):
    for number in (3, 0, 2):  # Of notes.
      notes = np.full((number, 5), 1, np.int32) * (number, 1, 60, 80, 0)
      writer.add(Piece(f'{number}.mid', Score(notes)), 'train')
  return dataset.open(tmp_path / 'd')['train']


@pytest.mark.parametrize('encode', [encode, encode_sparse])
def test_the_same_as_packed_in_memory(split, encode):
  ours = encoded.open(split, {'name': 'x'}, encode)
  theirs = pack([encode(piece) for piece in split])
  assert len(ours) == 2  # The empty piece is left out.
  assert np.array_equal(ours.offsets, theirs.offsets)
  for x, expected in zip(ours.x, theirs.x):
    assert type(x) is type(expected) and x.dtype == expected.dtype
    assert np.array_equal(np.asarray(x), np.asarray(expected))


def test_encoded_once_for_each_config(split):
  calls = []

  def counted(piece):
    calls.append(piece)
    return encode(piece)

  for config in ({'name': 'x'}, {'name': 'x'}, {'name': 'x', 'steps': 4}):
    encoded.open(split, config, counted)
  assert len(calls) == 6


def test_damage_is_named(split):
  encoded.open(split, {}, encode)
  (x,) = split.folder.rglob('rows.npy')
  x.write_bytes(x.read_bytes()[:-1])
  with pytest.raises(UserError, match='rows.npy is damaged'):
    encoded.open(split, {}, encode)


def test_no_step_of_music_is_an_error(split):
  with pytest.raises(UserError, match='no train piece'):
    encoded.open(split, {}, lambda piece: encode(piece)[:0])


def test_the_cache_of_a_read_only_dataset_is_the_users(
  split, tmp_path, monkeypatch
):
  monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
  access = os.access
  monkeypatch.setattr(
    os, 'access', lambda p, mode: p != split.folder and access(p, mode)
  )
  found = encoded.open(split, {}, encode)
  assert len(found) == 2
  assert not (split.folder / 'encoded').exists()
  assert len(list((tmp_path / 'cache').rglob('rows.npy'))) == 1
  # What was made beside it before is used.
  monkeypatch.setattr(os, 'access', access)
  encoded.open(split, {}, encode)
  monkeypatch.setattr(os, 'access', lambda p, mode: False)
  never = lambda piece: pytest.fail('encoded again')
  encoded.open(split, {}, never)


def test_other_files_beside_an_old_cache_are_encoded_anew(split, tmp_path):
  """A dataset made anew, into whose folder the old cache has been copied."""
  old = encoded.open(split, {}, encode)
  assert len(old) == 2
  shutil.move(split.folder, tmp_path / 'old')
  with dataset.creating(split.folder) as (writer, _):
    notes = np.full((1, 5), 1, np.int32) * (5, 1, 72, 80, 0)
    writer.add(Piece('new.mid', Score(notes)), 'train')
  shutil.copytree(tmp_path / 'old' / 'encoded', split.folder / 'encoded')
  (x,) = encoded.open(dataset.open(split.folder)['train'], {}, encode).x
  assert x.tolist() == [[72, 1]]


def reseal(folder, seal):
  """Writes the seal anew, as if the files had always been as they are."""
  content = json.loads((folder / seal).read_text())
  for name in content['files']:
    content['files'][name]['sha256'] = files.sha256(folder / name)
  (folder / seal).write_text(json.dumps(content))


@pytest.mark.parametrize('name', ['pieces', 'rows'])
@pytest.mark.parametrize(
  'array,message',
  [
    (np.array([{}], object), 'no array of numbers .*Python objects'),
    (np.array('x'), 'is an array of <U1'),
    (np.zeros((9, 3), np.float32), 'is an array of float32|where its pieces'),
    (np.full((2, 3), -1, np.int64), 'where its pieces end'),
  ],
)
def test_a_resealed_cache_of_other_arrays_is_refused(
  split, name, array, message
):
  encoded.open(split, {}, encode)
  (path,) = split.folder.rglob(f'encoded/*/{name}.npy')
  np.save(path, array, allow_pickle=True)
  reseal(path.parent, encoded.SEAL)
  with pytest.raises(UserError, match=message) as error:
    encoded.open(split, {}, encode)
  assert str(path.parent) in str(error.value)


@pytest.mark.parametrize(
  'name', ['pieces', 'notes', 'tempi', 'meters', 'keys', 'tracks', 'names']
)
@pytest.mark.parametrize(
  'array', [np.array([{}], object), np.zeros((2, 2)), np.zeros(0, np.int32)]
)
def test_a_resealed_dataset_of_other_arrays_is_refused(split, name, array):
  path = split.folder / f'{name}.npy'
  np.save(path, array, allow_pickle=True)
  reseal(split.folder, dataset.SEAL)
  with pytest.raises(UserError, match=f'{name}.npy is '):
    dataset.open(split.folder)
