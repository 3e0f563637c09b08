"""The report on files with known contents and errors."""

import re

import numpy as np
import pytest

from musiczoo.music import midi
from musiczoo.music.score import Score, Track
from musiczoo.show import report
from tests.music.midi.files import END, quantity, smf

ON, OFF = bytes([0x90, 60, 64]), bytes([0x80, 60, 0])
NOTE = b'\0' + ON + quantity(480) + OFF


@pytest.fixture
def page(tmp_path):
  """Examines the bytes of a file, or a Score: the page by sections."""

  def examine(music):
    path = tmp_path / 'song.mid'
    if isinstance(music, Score):
      music = midi.to_bytes(music)
    path.write_bytes(music)
    lines = list(report.examine(path))
    assert lines[0] == str(path)[:80]
    assert all(len(line) <= 80 for line in lines)
    sections = '\n'.join(lines).split('\n\n')[1:]
    return dict(section.split('\n', 1) for section in sections)

  return examine


PIANO = (Track(),)


def song(notes, tracks=PIANO, **more):
  """Rows of onset, duration, pitch, track; four ticks to a quarter note."""
  rows = [(onset, n, pitch, 90, track) for onset, n, pitch, track in notes]
  return Score(np.array(rows, np.int32), tracks, resolution=4, **more)


def numbers(text):
  return [float(n) for n in re.findall(r'\d+\.?\d*', text)]


def test_changes_stand_at_their_bar_and_time(page):
  found = page(
    song(
      [(0, 80, 60, 0)],
      tempi=np.array([[0, 1_000_000], [32, 500_000]]),
      meters=np.array([[0, 4, 4], [32, 3, 4]]),
      keys=np.array([[0, -3, 1], [44, 7, 0]]),
    )
  )
  assert numbers(found['TEMPO, QUARTER NOTES A MINUTE']) == [
    1,
    0,
    0,
    60,
    3,
    0,
    8,
    120,
  ]
  assert numbers(found['METER']) == [1, 0, 0, 4, 4, 3, 0, 8, 3, 4]
  assert [line.split()[-1] for line in found['KEY SIGNATURE'].split('\n')] == [
    'Cm',
    'C#',
  ]
  # Two bars of 4/4, then 12 quarters in 3/4.
  assert '6 bars, 20.0 quarter notes, 0:14.0 min' in found['FILE']


def test_tracks_have_their_range_and_family(page):
  found = page(
    song(
      [(0, 4, 36, 0), (0, 4, 28, 1), (4, 4, 43, 1)],
      tracks=(Track(0, True, 'Kit\x1b[2J'), Track(34, name='Low\0')),
    )
  )
  _, drums, bass, missing = found['TRACKS'].split('\n')
  assert drums.split() == ['1', 'Kit[2J', '0', 'drums', '1', '36-36']
  assert bass.split() == ['2', 'Low', '34', 'bass', '2', 'E1-G2']
  assert missing.strip() == 'no guitar, piano, strings among them'


def test_no_list_is_endless(page):
  many = 40
  found = page(
    song(
      [(i, 1, 60, i) for i in range(many)],
      tracks=tuple(Track(name=str(i)) for i in range(many)),
      tempi=np.array([[i, 500_000 + i * 10_000] for i in range(many)]),
    )
  )
  assert 'and 24 more tracks' in found['TRACKS']
  tempi = found['TEMPO, QUARTER NOTES A MINUTE']
  assert 'and 24 more changes' in tempi and 'from 67.4 to 120.0' in tempi


def test_repairs_are_counted_and_explained(page):
  found = page(smf(NOTE + b'\0' + ON + b'\0' + ON + END, promised=3))
  repairs = [line.split(maxsplit=2) for line in found['REPAIRS'].split('\n')]
  assert [repair[:2] for repair in repairs] == [
    ['1', 'track_count'],
    ['2', 'hanging'],
    ['2', 'zero_length'],
  ]
  assert all(len(repair[2]) > 10 for repair in repairs)
  assert 'none' in page(smf(NOTE + END))['REPAIRS']


def test_a_pedal_is_found_by_the_notes_it_holds(page):
  down, up = bytes([0xB0, 64, 127]), bytes([0xB0, 64, 0])
  held = b'\0' + down + NOTE + quantity(480) + up + NOTE
  assert 'holds 1 of 2 notes' in page(smf(held + END))['PEDAL']
  assert 'not used' in page(smf(NOTE + END))['PEDAL']


@pytest.mark.parametrize('length,grid', [(2, 2), (1, 4)])
def test_the_coarsest_grid_that_fits_is_named(page, length, grid):
  notes = [(i * length, length, 60, 0) for i in range(9)]
  found = page(song(notes))['GRID']
  assert f'steps_per_quarter={grid}.' in found
  assert 'freely' not in found


def test_free_playing_is_said(page):
  notes = [(i * i * 7, 5, 60, 0) for i in range(60)]
  assert 'freely' in page(song(notes)._replace(resolution=97))['GRID']


def test_moves_to_the_grid_are_in_milliseconds(page):
  # Second note: a sixteenth late, which is 125 ms at 120 quarters a minute.
  found = page(song([(0, 1, 60, 0), (5, 1, 60, 0)]))['GRID']
  eighths = found.split('\n')[1]
  assert numbers(eighths)[1:] == [50.0, 62.5, 125.0]


def test_each_representation_says_what_it_keeps(page):
  # The bass repeats its note; the piano has two at once.
  found = page(
    song(
      [
        (0, 2, 40, 0),
        (2, 2, 40, 0),
        (0, 4, 60, 1),
        (0, 4, 64, 1),
        (0, 1, 36, 2),
      ],
      tracks=(Track(33), Track(0), Track(drums=True)),
    )
  )['REPRESENTATIONS']
  kept = {
    line.split()[0]: int(line.split()[3])
    for line in found.split('\n')
    if ' of 5 ' in line
  }
  assert kept == {
    'compound': 5,
    'events': 5,
    'melody': 1,
    'pianoroll': 3,
    'tracks': 5,
    'voices': 4,
  }


def test_a_kept_note_has_its_onset_and_pitch_and_is_no_drum():
  notes = [(0, 4, 60, 0), (0, 4, 60, 0), (4, 4, 60, 0), (8, 4, 64, 0)]
  score = song(notes)
  assert report.notes_kept(score, song([(0, 1, 60, 0), (5, 1, 60, 0)])) == 1
  assert report.notes_kept(score, song(notes + notes)) == 4
  assert report.notes_kept(score, song(notes, (Track(drums=True),))) == 0


def test_key_and_chords_by_bar(page):
  c, f, g, am = (48, 64, 67), (53, 57, 60), (55, 59, 62), (45, 48, 64)
  chords = enumerate([c, f, g, c, am])
  found = page(
    song([(16 * i, 16, p, 0) for i, chord in chords for p in chord])
  )['KEY AND CHORDS']
  key, first, second = found.split('\n')
  assert key.split()[:2] == ['key', 'C,']
  assert re.split(r'[|\s]+', first.strip()) == ['bar', '1', 'C', 'F', 'G', 'C']
  assert second.split() == ['bar', '5', 'Am']


def test_a_silent_file_has_a_short_page(page):
  assert list(page(smf(END))) == ['FILE', 'REPAIRS']
