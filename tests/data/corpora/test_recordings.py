"""A folder of sound files: split by name, and each left out is reported."""

import numpy as np
import pytest
import soundfile

from musiczoo.data import corpora
from musiczoo.errors import UserError


def put(path, hertz):
  path.parent.mkdir(parents=True, exist_ok=True)
  wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(2000) / 8000)
  soundfile.write(path, wave, 8000)


def test_usable_files_are_kept_and_others_reported(tmp_path, capfd, caplog):
  put(tmp_path / 'b.wav', 440)
  put(tmp_path / 'deep' / 'er' / 'a.FLAC', 220)
  soundfile.write(tmp_path / 'still.wav', np.zeros(2000), 8000)
  (tmp_path / 'fake.mp3').write_bytes(b'no sound' * 99)
  (tmp_path / 'none.ogg').write_bytes(b'')
  (tmp_path / 'notes.txt').write_text('no sound')
  corpus = corpora.load_sounds(str(tmp_path))
  found = {p.name: p for v in corpus.values() for p in v}
  assert sorted(found) == ['b.wav', 'deep/er/a.FLAC']
  for piece in found.values():
    assert piece.sound.rate == 8000 and len(piece.sound.samples) == 2000
  *each, total, few = [record.getMessage() for record in caplog.records]
  assert not capfd.readouterr().err  # Of the decoders.
  assert [line.split()[2] for line in each] == [
    'fake.mp3:',
    'none.ogg:',
    'still.wav:',
  ]
  assert [line.split()[-1] for line in each] == [
    '[not_audio]',
    '[empty]',
    '[silent]',
  ]
  assert '3 of 5 sound files left out' in total
  assert 'too few pieces' in few


def test_few_files_are_in_all_splits(tmp_path):
  for i in range(4):
    put(tmp_path / f'{i}.wav', 440 + i)
  corpus = corpora.load_sounds(str(tmp_path))
  assert sum(map(len, corpus.values())) == 4 and all(map(len, corpus.values()))
  alone = corpora.load_sounds(str(tmp_path / '0.wav'))
  assert [p[0].name for p in alone.values()] == ['0.wav'] * 3


def test_all_files_are_in_all_splits_where_that_is_asked_for(tmp_path):
  for i in range(4):
    put(tmp_path / f'{i}.wav', 440 + i)
  corpus = corpora.load_sounds(str(tmp_path), 'all')
  assert [len(p) for p in corpus.values()] == [4, 4, 4]


def test_nothing_to_use_is_an_error_of_one_line(tmp_path):
  def said():
    with pytest.raises(UserError) as error:
      corpora.load_sounds(str(tmp_path))
    assert str(tmp_path) in str(error.value)
    assert '\n' not in str(error.value)
    return str(error.value)

  assert 'has no sound files' in said()
  (tmp_path / 'a.wav').write_bytes(b'')
  assert 'none of its 1 sound files' in said() and '[empty]' in said()


def test_a_name_that_is_no_folder():
  with pytest.raises(UserError, match='give --config.corpus=FOLDER'):
    corpora.load_sounds('chorales')


def test_a_folder_of_sounds_is_no_folder_of_midi(tmp_path):
  put(tmp_path / 'b.wav', 440)
  with pytest.raises(UserError, match=r'experiments/configs/audio\.py'):
    corpora.load(str(tmp_path))
