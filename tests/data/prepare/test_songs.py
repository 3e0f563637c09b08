"""Real songs, if MUSICZOO_DATA names their folder: none is lost on the way."""

import os
import pathlib

import pytest

from musiczoo.data import corpora, prepare
from musiczoo.music import midi

FOLDER = os.environ.get('MUSICZOO_DATA')

pytestmark = pytest.mark.skipif(
  not FOLDER, reason='MUSICZOO_DATA names no folder of songs'
)


def test_every_song_is_accounted_for(tmp_path):
  report = prepare.prepare(pathlib.Path(FOLDER), tmp_path / 'd', workers=2)
  files = list(pathlib.Path(FOLDER).rglob('*.mid'))
  assert report['files'] == len(files)
  corpus = corpora.load(str(tmp_path / 'd'))
  pieces = [piece for split in corpus.values() for piece in split]
  assert len(pieces) == report['pieces']
  assert sum(len(piece.score.notes) for piece in pieces) == report['notes']
  for piece in pieces[::10]:
    notes = midi.read(pathlib.Path(FOLDER) / piece.name).notes
    assert (piece.score.notes == notes).all()
