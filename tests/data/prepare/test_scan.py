"""One file: kept, repaired or rejected, and always with the reason."""

import hashlib
import sys
import zipfile

import numpy as np
import pytest

from musiczoo.data.prepare import scan
from musiczoo.data.prepare.scan import ingest, Source
from musiczoo.music import midi
from musiczoo.music.midi import Limits
from musiczoo.music.score import canonical, equal, Score, Track
from tests.music.midi.files import END, smf

SONG = Score(
  np.array([[0, 480, 60, 80, 0], [480, 480, 40, 80, 1]], np.int32),
  (Track(3, name='secret'), Track(0, drums=True)),
)
GOOD = midi.to_bytes(SONG)
ABC = b'X:1\nT:A title\nM:3/4\nL:1/4\nK:G\nGAB|c2d|\n'


def data(name, content, refused=''):
  return ingest(Source(name, data=content, refused=refused), Limits(bytes=999))


def test_a_file_that_is_kept():
  result = data('a.mid', GOOD)
  assert (result.status, result.reasons) == ('kept', {})
  assert result.sha256 == hashlib.sha256(GOOD).hexdigest()
  assert [track.name for track in result.score.tracks] == ['', '']
  nameless = tuple(track._replace(name='') for track in SONG.tracks)
  assert equal(result.score, canonical(SONG._replace(tracks=nameless)))


def test_a_path_gives_what_its_bytes_give(tmp_path):
  (tmp_path / 'a.mid').write_bytes(GOOD)
  by_path = ingest(Source('a.mid', str(tmp_path / 'a.mid')), Limits())
  assert equal(by_path.score, data('a.mid', GOOD).score)
  assert by_path.fingerprint == data('a.mid', GOOD).fingerprint


def test_a_file_that_is_repaired():
  result = data('a.mid', b'junk' + GOOD)
  assert (result.status, result.reasons) == ('repaired', {'wrapped': 1})


@pytest.mark.parametrize(
  'name,content,refused,code',
  [
    ('a.mid', b'', '', 'empty'),
    ('a.mid', b'no', '', 'not_midi'),
    ('a.mid', bytes(1000), '', 'bytes'),
    ('a.mid', smf(END), '', 'silent'),
    ('a.mid', b'', 'link', 'link'),
    ('a.mxl', b'no zip', '', 'notation'),
    ('a.abc', b'X:1\nK:C\n', '', 'silent'),
  ],
)
def test_a_file_that_is_rejected(name, content, refused, code):
  result = data(name, content, refused)
  assert (result.status, result.reasons) == ('rejected', {code: 1})
  assert result.score is None
  # A file that was not read whole has no digest of the whole.
  assert (result.sha256 is None) == (code in ('bytes', 'link'))


def test_a_missing_file_is_rejected():
  result = ingest(Source('a.mid', '/nowhere/a.mid'), Limits())
  assert result.reasons == {'unreadable': 1}


def test_notation_comes_in():
  score = data('a.abc', ABC).score
  quarters = score.notes[:, :3] / [score.resolution, score.resolution, 1]
  assert quarters.tolist() == [
    [0, 1, 67],
    [1, 1, 69],
    [2, 1, 71],
    [3, 2, 72],
    [5, 1, 74],
  ]
  assert score.meters.tolist() == [[0, 3, 4]]
  assert score.keys[:, :2].tolist() == [[0, 1]]


def test_notation_that_is_repaired():
  result = data('a.abc', ABC.replace(b'GAB', b'"G"{d}GAB'))
  assert (result.status, result.reasons) == (
    'repaired',
    {'grace': 1, 'chord_symbol': 1},
  )


def test_a_score_that_grows_too_much_when_unpacked(tmp_path):
  with zipfile.ZipFile(
    tmp_path / 'a.mxl', 'w', zipfile.ZIP_DEFLATED
  ) as archive:
    archive.writestr('META-INF/container.xml', '<container/>')
    archive.writestr('score.xml', bytes(10**5))
  result = data('a.mxl', (tmp_path / 'a.mxl').read_bytes())
  assert result.reasons == {'bytes': 1}


def test_without_music21_the_reason_names_the_extra(monkeypatch):
  monkeypatch.setitem(sys.modules, 'music21', None)
  assert data('a.abc', ABC).reasons == {'music21': 1}
  assert "the extra 'corpora'" in scan.REJECTED['music21']
