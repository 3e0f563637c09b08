"""Which files count as music, and what is counted of the others."""

from collections import Counter
import os
import tracemalloc
import zipfile

import pytest

from musiczoo.data.prepare import sources
from musiczoo.data.prepare.scan import Source
from musiczoo.errors import UserError
from musiczoo.music.midi import Limits, MidiError

FILES = {
  'b.MID': b'',
  'a/c.kar': b'x',
  'a/no suffix': b'MThd...',
  'a/wrong.txt': b'MThd...',
  'readme.txt': b'no music',
  'score.xml': b'<?xml?><score-partwise/>',
  'page.xml': b'<html/>',
  'tunes.abc': b'%abc\nX:1\nK:C\nC\nX:2\nK:D\nD\n',
}
FOUND = [
  'a/c.kar',
  'a/no suffix',
  'a/wrong.txt',
  'b.MID',
  'score.xml',
  'tunes#1.abc',
  'tunes#2.abc',
]


def found(path):
  ignored = Counter()
  iterator, total = sources.find(path, Limits(), ignored)
  return list(iterator), total, ignored


@pytest.fixture
def folder(tmp_path):
  for name, data in FILES.items():
    path = tmp_path / 'music' / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
  return tmp_path / 'music'


def test_a_folder_in_order_of_names(folder):
  listed, total, ignored = found(folder)
  assert [source.name for source in listed] == FOUND
  # Eight files, one of two tunes.
  assert (total, ignored) == (9, {'.txt': 1, '.xml': 1})
  assert listed[0].path == str(folder / 'a' / 'c.kar')
  assert listed[-1].data == b'%abc\nX:2\nK:D\nD\n'


def test_an_archive_is_read_as_the_folder_would_be(folder, tmp_path):
  path = tmp_path / 'music.zip'
  with zipfile.ZipFile(path, 'w') as archive:
    for name in sorted(FILES):
      archive.writestr(name, FILES[name])
    archive.writestr('__MACOSX/a/._c.kar', b'')
    archive.writestr('../out.mid', b'MThd')
  listed, total, ignored = found(path)
  assert [source.name for source in listed] == [*FOUND, '../out.mid']
  assert (total, ignored) == (None, {'.txt': 1, '.xml': 1, '.kar': 1})
  assert listed[1].data == b'MThd...'
  assert listed[-1].refused == 'name'


def test_a_book_that_is_too_large_is_refused_not_cut(folder):
  limits = Limits(bytes=len(FILES['tunes.abc']) - 1)
  iterator, total = sources.find(folder, limits, Counter())
  assert list(iterator)[-1] == Source('tunes.abc', refused='bytes')
  assert total == 8


def test_a_pipe_is_not_waited_for(folder):
  os.mkfifo(folder / 'pipe')
  assert found(folder)[2][''] == 1


def test_a_file_of_music_is_read_alone(folder):
  for name in ('b.MID', 'a/no suffix', 'tunes.abc'):
    listed, total, _ = found(folder / name)
    assert total == 1
    assert listed[0].name.startswith(name.split('/')[-1][:5])


def test_what_is_no_music_and_no_archive(folder):
  with pytest.raises(UserError, match='no such'):
    found(folder / 'absent')
  with pytest.raises(MidiError, match='archive'):
    found(folder / 'readme.txt')


def test_files_not_yet_drawn_take_no_memory_but_their_names(
  tmp_path, monkeypatch
):
  names = [f'{number}.mid' for number in range(20_000)]
  monkeypatch.setattr(sources, 'names', lambda path: names)
  tracemalloc.start()
  try:
    iterator, total = sources.find(tmp_path, Limits(), Counter())
    assert total == sum(1 for _ in iterator) == 20_000
    _, peak = tracemalloc.get_traced_memory()
  finally:
    tracemalloc.stop()
  assert peak < 200_000  # Bytes: ten a file.
