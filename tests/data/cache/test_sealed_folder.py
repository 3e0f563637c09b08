"""A sealed folder is whole, or it isn't there, or what is wrong is named."""

import os
import shutil
import subprocess
import sys

import pytest

from musiczoo.data.cache import sealed_folder
from musiczoo.errors import UserError


def make(path, text='abc'):
  with sealed_folder.creating(path, 'seal.json', 1) as folder:
    (folder / 'a').write_text(text)


def check(path):
  sealed_folder.check(path, 'seal.json', 1)


def test_what_is_made_is_whole(tmp_path):
  make(tmp_path / 'deep' / 'x')
  check(tmp_path / 'deep' / 'x')
  names = sorted(p.name for p in (tmp_path / 'deep' / 'x').iterdir())
  assert names == ['a', 'seal.json']
  assert [p.name for p in (tmp_path / 'deep').iterdir()] == ['x']


def test_an_empty_folder_is_taken(tmp_path):
  (tmp_path / 'x').mkdir()
  make(tmp_path / 'x')
  check(tmp_path / 'x')


@pytest.mark.parametrize('error', [KeyboardInterrupt, ValueError])
def test_what_is_not_finished_is_not_there(tmp_path, error):
  with pytest.raises(error):
    with sealed_folder.creating(tmp_path / 'x', 'seal.json', 1) as folder:
      (folder / 'a').write_text('abc')
      raise error
  assert not list(tmp_path.iterdir())


def test_the_same_again_is_fine_and_another_is_refused(tmp_path):
  make(tmp_path / 'x')
  make(tmp_path / 'x')
  with pytest.raises(UserError, match='holds something else'):
    make(tmp_path / 'x', 'abd')
  check(tmp_path / 'x')
  assert [p.name for p in tmp_path.iterdir()] == ['x']


@pytest.mark.parametrize(
  'theirs,message', [('abc', None), ('abd', 'something')]
)
def test_another_process_may_be_first_while_files_are_synced(
  tmp_path, monkeypatch, theirs, message
):
  move = sealed_folder.move_folder

  def late(scratch, target):
    monkeypatch.setattr(sealed_folder, 'move_folder', move)
    monkeypatch.setattr(sealed_folder.os, 'getpid', lambda: 1)
    make(target, theirs)
    move(scratch, target)

  monkeypatch.setattr(sealed_folder, 'move_folder', late)
  if message:
    with pytest.raises(UserError, match=message):
      make(tmp_path / 'x')
  else:
    make(tmp_path / 'x')
  check(tmp_path / 'x')
  assert (tmp_path / 'x' / 'a').read_text() == theirs
  assert [p.name for p in tmp_path.iterdir()] == ['x']


def test_a_place_that_is_taken_is_refused_at_once(tmp_path):
  (tmp_path / 'x').mkdir()
  (tmp_path / 'x' / 'theirs').write_text('')
  with pytest.raises(UserError, match='holds something else'):
    with sealed_folder.creating(tmp_path / 'x', 'seal.json', 1):
      raise AssertionError('too late')


def test_a_place_that_cannot_be_written(tmp_path):
  (tmp_path / 'file').write_text('')
  with pytest.raises(UserError, match='cannot be written'):
    make(tmp_path / 'file' / 'x')


@pytest.mark.parametrize(
  'name,content,message',
  [
    ('a', b'abd', 'a is damaged'),
    ('a', b'ab', 'a is damaged'),
    ('a', None, 'a is missing'),
    ('seal.json', b'{', 'seal.json is damaged'),
    ('seal.json', b'[]', 'seal.json is damaged'),
    ('seal.json', b'{"format": 2, "files": {}}', 'of format 2, not 1'),
    ('seal.json', None, 'seal.json is missing'),
    ('seal.json', b'\xff', 'seal.json is damaged .*UTF-8'),
    ('seal.json', b'[' * 10**5, 'seal.json is damaged .*nested'),
    ('seal.json', b'{"format": 1, "files": [1]}', 'seal.json is damaged'),
    ('seal.json', b'{"format": 1, "files": {"a": 1}}', 'seal.json is damaged'),
    (
      'seal.json',
      b'{"format": 1, "files": {"../a": {"sha256": "0"}}}',
      "seal.json is damaged .it lists '../a'",
    ),
    (
      'seal.json',
      b'{"format": 1, "files": {"/etc/passwd": {"sha256": "0"}}}',
      "seal.json is damaged .it lists '/etc/passwd'",
    ),
  ],
)
def test_damage_is_named_in_one_line(tmp_path, name, content, message):
  make(tmp_path / 'x')
  path = tmp_path / 'x' / name
  path.unlink()
  if content is not None:
    path.write_bytes(content)
  with pytest.raises(UserError, match=message) as error:
    check(tmp_path / 'x')
  assert str(tmp_path / 'x') in str(error.value)
  assert '\n' not in str(error.value)


def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path):
  for name in 'a', 'seal.json':
    make(tmp_path / 'x')
    (tmp_path / 'x' / name).unlink()
    os.mkfifo(tmp_path / 'x' / name)
    with pytest.raises(UserError, match=f'{name} is no regular file'):
      check(tmp_path / 'x')
    shutil.rmtree(tmp_path / 'x')


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path):
  code = (
    'import os, pathlib\n'
    'from musiczoo.data.cache import sealed_folder\n'
    f'with sealed_folder.creating(pathlib.Path({str(tmp_path / "x")!r}), "s", 1):\n'
    '  os.kill(os.getpid(), 9)\n'
  )
  subprocess.run([sys.executable, '-c', code])
  (left,) = tmp_path.iterdir()
  os.utime(left, (0, 0))
  # Of another folder, and of a process that lives.
  (tmp_path / '.y.1.tmp').mkdir()
  with sealed_folder.creating(tmp_path / 'x', 'seal.json', 1):
    assert not left.exists()
    make(tmp_path / 'z')
    assert len(list(tmp_path.glob('.x.*.tmp'))) == 1
  assert {p.name for p in tmp_path.iterdir()} == {'x', 'z', '.y.1.tmp'}
