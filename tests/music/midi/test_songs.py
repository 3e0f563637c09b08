"""Real songs, if MUSICZOO_DATA names their folder: every file accounted for."""

import os
import pathlib

import pytest
import symusic

from musiczoo.music import midi
from musiczoo.music.score import equal

FOLDER = os.environ.get('MUSICZOO_DATA')

pytestmark = pytest.mark.skipif(
  not FOLDER, reason='MUSICZOO_DATA names no folder of songs'
)


def songs():
  paths = sorted(pathlib.Path(FOLDER).rglob('*.mid'))
  assert paths, f'no .mid in {FOLDER}'
  return paths


def test_every_song_is_read_with_the_notes_that_symusic_counts():
  for path in songs():
    try:
      ours = midi.read(path, pedal=False)
    except midi.MidiError:
      continue
    theirs = symusic.Score.from_midi(path.read_bytes())
    num = sum(len(track.notes) for track in theirs.tracks)
    assert len(ours.notes) == num, path


def test_songs_come_back_from_the_writer():
  for path in songs()[::12]:
    score = midi.read(path)
    assert equal(midi.read(midi.to_bytes(score)), score), path
