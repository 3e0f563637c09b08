"""Files are written whole or not at all."""

import os
import shutil
import stat
import subprocess
import threading

import pytest

from musiczoo.errors import UserError
from musiczoo.music import files
from musiczoo.music.files import write_atomic, write_output


def test_bytes_and_text_replace_a_file(tmp_path):
  path = tmp_path / 'a'
  write_atomic(path, b'\0\1')
  assert path.read_bytes() == b'\0\1'
  write_atomic(path, 'é')
  assert path.read_bytes() == 'é'.encode()
  assert os.listdir(tmp_path) == ['a']


def test_a_failure_leaves_the_old_file(tmp_path, monkeypatch):
  path = tmp_path / 'a'
  path.write_text('old')

  def full(descriptor):
    raise OSError(28, 'No space left on device')

  monkeypatch.setattr(os, 'fsync', full)
  with pytest.raises(UserError, match='a: cannot be written .No space'):
    write_output(path, 'new')
  assert path.read_text() == 'old'
  assert os.listdir(tmp_path) == ['a']


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
  path = tmp_path / 'pipe'
  os.mkfifo(path)
  found = []
  reader = threading.Thread(target=lambda: found.append(path.read_bytes()))
  reader.start()
  write_atomic(path, 'x')
  reader.join()
  assert found == [b'x']
  assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_folder_is_no_place_for_a_file(tmp_path):
  with pytest.raises(UserError, match='choose another path'):
    write_output(tmp_path, 'x')
  with pytest.raises(UserError, match='choose another path'):
    write_output(tmp_path / 'missing' / 'x', 'x')


@pytest.mark.skipif(not shutil.which('sha256sum'), reason='no sha256sum')
def test_sums_are_those_of_sha256sum(tmp_path):
  (tmp_path / 'deep').mkdir()
  for name in ('b', 'deep/a', 'SUMS'):
    (tmp_path / name).write_text(name)
  found = files.digests(tmp_path, but='SUMS')
  assert list(found) == ['b', 'deep/a']
  (tmp_path / 'SUMS').write_text(files.format_sums(found))
  check = ['sha256sum', '--check', '--quiet', 'SUMS']
  assert subprocess.run(check, cwd=tmp_path).returncode == 0
  assert files.parse_sums((tmp_path / 'SUMS').read_text()) == found


@pytest.mark.parametrize('text', ['x', 'a  b', f'{"0" * 64}  ', '\0\n'])
def test_garbage_is_no_table_of_sums(text):
  with pytest.raises(ValueError, match='line 1 is no digest'):
    files.parse_sums(text)


def test_a_pipe_is_not_waited_for(tmp_path):
  os.mkfifo(tmp_path / 'pipe')
  for read in files.read_bytes, files.sha256:
    with pytest.raises(OSError, match='no regular file'):
      read(tmp_path / 'pipe')
    with pytest.raises(OSError, match='no regular file'):
      read(tmp_path)


def test_a_folder_is_moved_whole(tmp_path):
  for name in ('new', 'taken'):
    (tmp_path / name).mkdir()
    (tmp_path / name / 'a').write_text(name)
  files.move_folder(tmp_path / 'new', tmp_path / 'there')
  assert (tmp_path / 'there' / 'a').read_text() == 'new'
  with pytest.raises(OSError):
    files.move_folder(tmp_path / 'there', tmp_path / 'taken')


def test_a_user_without_a_home_has_a_cache(tmp_path, monkeypatch):
  monkeypatch.delenv('XDG_CACHE_HOME', raising=False)
  monkeypatch.setenv('HOME', str(tmp_path))
  assert files.cache_folder() == tmp_path / '.cache' / 'musiczoo'
  for home in ('~', '/nonexistent'):
    monkeypatch.setattr(os.path, 'expanduser', lambda path, home=home: home)
    found = files.cache_folder()
    assert found.is_absolute() and found.parent.is_dir()
