"""A folder of MIDI: all that can be read, and a word on what can't."""

import os

import numpy as np
import pytest

from musiczoo.data import corpora
from musiczoo.errors import UserError
from musiczoo.music import midi
from musiczoo.music.score import Score


def put(path, pitch=60):
  path.parent.mkdir(parents=True, exist_ok=True)
  notes = np.array([[0, 480, pitch, 80, 0]] if pitch else [], np.int32)
  midi.write(Score(notes.reshape(-1, 5)), path)


def names(corpus):
  return sorted({p.name for pieces in corpus.values() for p in pieces})


def test_all_files_by_their_relative_names(tmp_path):
  put(tmp_path / 'b.mid', 61)
  put(tmp_path / 'deep' / 'er' / 'a.MIDI')
  put(tmp_path / 'c.kar')
  (tmp_path / 'notes.txt').write_text('no music')
  corpus = corpora.load(str(tmp_path))
  assert names(corpus) == ['b.mid', 'c.kar', 'deep/er/a.MIDI']
  pieces = {p.name: p.score for v in corpus.values() for p in v}
  assert pieces['b.mid'].notes[:, 2].tolist() == [61]


def test_what_cannot_be_used_is_left_out_and_said(tmp_path, caplog):
  put(tmp_path / 'good.mid')
  put(tmp_path / 'silent.mid', None)
  (tmp_path / 'bad.mid').write_bytes(b'RIFF no, just noise')
  assert names(corpora.load(str(tmp_path))) == ['good.mid']
  said, few = [record.getMessage() for record in caplog.records]
  assert '2 of 3 MIDI files' in said and 'bad.mid' in said
  assert 'too few pieces' in few


@pytest.mark.parametrize('content', [None, b'', b'noise'])
def test_nothing_to_use_is_an_error_of_one_line(tmp_path, content):
  if content is not None:
    (tmp_path / 'bad.mid').write_bytes(content)
  with pytest.raises(UserError) as error:
    corpora.load(str(tmp_path))
  assert str(tmp_path) in str(error.value)
  assert '\n' not in str(error.value)


def test_one_file_is_a_corpus(tmp_path):
  put(tmp_path / 'b.mid')
  corpus = corpora.load(str(tmp_path / 'b.mid'))
  assert {split: names({split: p}) for split, p in corpus.items()} == {
    'train': ['b.mid'],
    'valid': ['b.mid'],
    'test': ['b.mid'],
  }


@pytest.mark.parametrize('where', ['', 'b.mid'])
def test_all_pieces_are_in_all_splits_where_that_is_asked_for(tmp_path, where):
  put(tmp_path / 'b.mid')
  put(tmp_path / 'c.mid')
  found = corpora.load(str(tmp_path / where), 'all')
  everything = [where] if where else ['b.mid', 'c.mid']
  assert all(names({s: p}) == everything for s, p in found.items())


def test_shares_of_a_folder(tmp_path):
  for number in range(40):
    put(tmp_path / f'{number}.mid')
  found = corpora.load(str(tmp_path), '50/25/25')
  assert len(found['train']) < 30 and len(names(found)) == 40
  usual = corpora.load(str(tmp_path))
  assert len(usual['train']) >= 30
  assert set(names({'': found['train']})) < set(names({'': usual['train']}))


def test_linked_folders_are_listed_once_and_loops_end(tmp_path):
  put(tmp_path / 'in' / 'z' / 'b.mid')
  put(tmp_path / 'elsewhere' / 'deep' / 'c.mid')
  (tmp_path / 'in' / 'a').symlink_to('z')  # z has a name without a link.
  (tmp_path / 'in' / 'linked').symlink_to('../elsewhere')
  (tmp_path / 'elsewhere' / 'loop').symlink_to('..')
  (tmp_path / 'in' / 'own').symlink_to('.')
  assert names(corpora.load(str(tmp_path / 'in'))) == [
    'linked/deep/c.mid',
    'z/b.mid',
  ]


def test_ghosts_of_macos_are_no_music(tmp_path, caplog):
  for name in ('a.mid', 'b.mid', 'c.mid'):
    put(tmp_path / name)
    (tmp_path / f'._{name}').write_bytes(b'\0\5\x16\7')
    (tmp_path / '__MACOSX').mkdir(exist_ok=True)
    (tmp_path / '__MACOSX' / name).write_bytes(b'\0\5\x16\7')
  assert names(corpora.load(str(tmp_path))) == ['a.mid', 'b.mid', 'c.mid']
  assert 'left out' not in caplog.text


def test_a_folder_that_cannot_be_read_is_named(tmp_path, caplog, monkeypatch):
  put(tmp_path / 'a.mid')
  put(tmp_path / 'locked' / 'b.mid')
  scan = os.scandir

  def refusing(path):
    if 'locked' in str(path):
      raise PermissionError(13, 'Permission denied', str(path))
    return scan(path)

  monkeypatch.setattr(os, 'scandir', refusing)
  assert names(corpora.load(str(tmp_path))) == ['a.mid']
  said = caplog.records[0].getMessage()
  assert 'locked: Permission denied' in said
