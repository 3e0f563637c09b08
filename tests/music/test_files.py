"""Files are written whole or not at all."""

import os
import stat
import threading

import pytest

from musiczoo.errors import UserError
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
