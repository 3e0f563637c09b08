"""A folder of MIDI: all that can be read, and a word on what can't."""

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
  return sorted(p.name for pieces in corpus.values() for p in pieces)


def test_all_files_by_their_relative_names(tmp_path):
  put(tmp_path / 'b.mid', 61)
  put(tmp_path / 'deep' / 'er' / 'a.MIDI')
  put(tmp_path / 'c.kar')
  (tmp_path / 'notes.txt').write_text('no music')
  corpus = corpora.load(str(tmp_path))
  assert names(corpus) == ['b.mid', 'c.kar', 'deep/er/a.MIDI']
  pieces = {p.name: p.score for v in corpus.values() for p in v}
  assert pieces['b.mid'].notes[:, 2].tolist() == [61]


def test_what_cannot_be_used_is_left_out_and_said(tmp_path, capsys):
  put(tmp_path / 'good.mid')
  put(tmp_path / 'silent.mid', None)
  (tmp_path / 'bad.mid').write_bytes(b'RIFF no, just noise')
  assert names(corpora.load(str(tmp_path))) == ['good.mid']
  said = capsys.readouterr().err
  assert '2 of 3 MIDI files' in said and 'bad.mid' in said
  assert said.count('\n') == 1


@pytest.mark.parametrize('content', [None, b'', b'noise'])
def test_nothing_to_use_is_an_error_of_one_line(tmp_path, content):
  if content is not None:
    (tmp_path / 'bad.mid').write_bytes(content)
  with pytest.raises(UserError) as error:
    corpora.load(str(tmp_path))
  assert str(tmp_path) in str(error.value)
  assert '\n' not in str(error.value)
