"""Damaged and hostile files are rejected with a reason, or repaired."""

import copy
import json
import subprocess
import sys

import pytest

from musiczoo.errors import UserError
from musiczoo.music import midi
from musiczoo.music.midi import guard
from tests.music.midi.files import END, from_hex, meta, smf

NOTE = from_hex('00 90 3c 40  0a 80 3c 00')
SONG = smf(NOTE + END)
NUM_HEADER = 14  # Bytes before the first chunk.

# The code, a file, and the byte it points at.
DAMAGED = [
  ('empty', b'', None),
  ('not_midi', b'<html>not found</html>', 0),
  ('header', SONG[:13], 0),
  ('header', b'MThd' + (4).to_bytes(4) + SONG[8:], 0),
  ('format', smf(NOTE + END, format=3), 8),
  ('division', smf(NOTE + END, division=0), None),
  ('division', smf(NOTE + END, division=0xE700), None),  # No ticks a frame.
  ('division', smf(NOTE + END, division=0x8028), None),  # 128 frames.
  ('no_tracks', SONG[:NUM_HEADER], NUM_HEADER),
  ('no_tracks', SONG.replace(b'MTrk', b'XTrk'), len(SONG)),
  # The delta time; the length of a meta event.
  ('delta', smf(from_hex('ff ff ff ff 7f  90 3c 40') + END), 22),
  ('delta', smf(from_hex('00 ff 01 80 80 80 80 00') + END), 22),
  ('status', smf(from_hex('00 3c 40') + END), 23),
  ('status', smf(NOTE + END, from_hex('00 3c 40') + END), 43),
  ('data_byte', smf(from_hex('00 90 80 40') + END), 24),
  ('data_byte', smf(from_hex('00 90 3c 80') + END), 24),
  ('data_byte', smf(from_hex('00 c0 80') + END), 24),
  ('truncated', SONG[:-6], 26),
  ('truncated', smf(NOTE[:-1]), 26),
  ('truncated', smf(from_hex('00 ff 01 7f 61') + END), 22),
  ('truncated', smf(from_hex('00 f0 ff ff ff 7f') + END), 22),
]

# The code, and a file of one note that needs it once.
MENDED = [
  ('wrapped', b'RIFF\x2a\0\0\0RMIDdata\x1e\0\0\0' + SONG),
  ('wrapped', bytes(128) + SONG),
  ('track_count', smf(NOTE + END, promised=0xFFFF)),
  ('unknown_chunk', SONG + b'XFIH' + (2).to_bytes(4) + b'ab'),
  ('chunk_length', SONG.replace(b'\0\0\0\x0c', b'\0\0\0\x0d')),
  ('trailing_bytes', smf(NOTE + END + b'\0')),
  ('trailing_bytes', smf(NOTE + from_hex('00 ff 2f ff ff ff ff'))),
  ('no_end_of_track', smf(NOTE)),
  ('running_status', smf(NOTE[:4] + from_hex('00 ff 01 00  0a 3c 00') + END)),
  (
    'running_status',
    smf(from_hex('00 c0 05  00 ff 01 00  00 06') + NOTE + END),
  ),
  ('system_message', smf(from_hex('00 f8') + NOTE + END)),
  ('system_message', smf(from_hex('00 f1 01') + NOTE + END)),
  ('system_message', smf(from_hex('00 f2 01 02') + NOTE + END)),
  ('smpte', smf(NOTE + END, division=0xE728)),
  ('tempo', smf(b'\0' + meta(0x51, bytes(3)) + NOTE + END)),
  ('tempo', smf(b'\0' + meta(0x51, b'\1') + NOTE + END)),
  ('meter', smf(b'\0' + meta(0x58, bytes([0, 2, 24, 8])) + NOTE + END)),
  ('meter', smf(b'\0' + meta(0x58, bytes([4, 8, 24, 8])) + NOTE + END)),
  ('key', smf(b'\0' + meta(0x59, bytes([8, 0])) + NOTE + END)),
  ('key', smf(b'\0' + meta(0x59, bytes([0x80, 0])) + NOTE + END)),
  ('key', smf(b'\0' + meta(0x59, bytes([0, 2])) + NOTE + END)),
  (
    'superseded',
    smf(
      b'\0'
      + meta(0x59, bytes([1, 0]))
      + b'\0'
      + meta(0x59, bytes([2, 0]))
      + NOTE
      + END
    ),
  ),
  ('unmatched_off', smf(NOTE + from_hex('00 80 3c 00') + END)),
  ('late', smf(NOTE + b'\1' + meta(0x51, bytes([7, 8, 9])) + END)),
  ('zero_length', smf(from_hex('00 90 3c 40  00 80 3c 00') + END)),
]

TWO_NOTES = smf(NOTE + NOTE + END, NOTE + END, division=1)
LIMITS = {
  'bytes': len(TWO_NOTES),
  'tracks': 2,
  'events': 8,
  'notes': 3,
  'ticks': 20,
  'quarters': 20,
  'seconds': 10,
}


@pytest.mark.parametrize(('code', 'data', 'position'), DAMAGED)
def test_a_damaged_file_is_rejected(code, data, position):
  with pytest.raises(midi.MidiError) as error:
    midi.read(data)
  assert (error.value.code, error.value.position) == (code, position)


@pytest.mark.parametrize(('code', 'data'), MENDED)
def test_a_file_is_mended_and_the_repair_counted(code, data):
  score, repairs = midi.read_report(data)
  assert json.dumps(repairs) == json.dumps({code: 1})
  assert score.notes[:, [0, 2, 3, 4]].tolist() == [[0, 60, 64, 0]]
  num_changes = len(score.tempi) + len(score.meters) + len(score.keys)
  assert num_changes == (code in ('smpte', 'superseded'))


@pytest.mark.parametrize('name', midi.Limits._fields)
def test_a_limit_may_be_reached_but_not_passed(name):
  limits = midi.Limits(**LIMITS)
  assert len(midi.read(TWO_NOTES, limits=limits).notes) == 3
  lower = limits._replace(**{name: LIMITS[name] - 1})
  with pytest.raises(midi.MidiError) as error:
    midi.read(TWO_NOTES, limits=lower)
  assert error.value.code == name


def test_every_code_has_a_file_here():
  archives = {'archive', 'member', 'name', 'link', 'ratio', 'members'}
  rejected = {code for code, *_ in DAMAGED} | {*LIMITS, 'unreadable'}
  assert rejected | archives == set(guard.REJECTED)
  endings = {'hanging', 'restruck'}  # See test_read.
  assert {code for code, _ in MENDED} | endings == set(guard.REPAIRED)


def test_a_header_may_be_longer_than_today():
  data = b'MThd' + (8).to_bytes(4) + SONG[8:14] + b'\0\0' + SONG[14:]
  assert midi.read_report(data)[1] == {}


def test_no_more_is_read_than_the_limit_needs(tmp_path):
  path = tmp_path / 'long.mid'
  path.write_bytes(bytes(2**20))
  assert len(guard.load(path, midi.Limits(bytes=100))) == 101


def test_changes_that_agree_supersede_nothing():
  key = b'\0' + meta(0x59, bytes([1, 0]))
  assert midi.read_report(smf(key + key + NOTE + END))[1] == {}


@pytest.mark.parametrize('source', ['no/song.mid', '.', 'a\0b', '/dev/zero'])
def test_what_is_no_file_is_unreadable(source):
  with pytest.raises(midi.MidiError) as error:
    midi.read(source)
  assert (error.value.code, error.value.path) == ('unreadable', source)


def test_an_error_is_one_line_and_crosses_processes(tmp_path):
  path = tmp_path / 'song.mid'
  path.write_bytes(smf(from_hex('00 3c 40') + END))
  with pytest.raises(UserError) as error:
    midi.read(path)
  # Copied as between processes: by what it says of itself.
  for each in (error.value, copy.copy(error.value)):
    assert (each.code, each.path, each.position) == ('status', str(path), 23)
    assert str(each).startswith(f'{path}: byte 23: ')
    assert '\n' not in str(each)


@pytest.mark.skipif(sys.platform != 'linux', reason='reads /proc')
@pytest.mark.parametrize('bomb', ['notes', 'hanging', 'tempi', 'names', 'late'])
def test_a_bomb_costs_little(bomb):
  """Three megabytes, a million events: under 256 MB and 2 s, kept or not."""
  events = {
    'notes': b'\0\x90' + b'\x3c\x40\1\x3c\0\1' * 500_000 + b'\x3c\0',
    'hanging': b'\0\x90' + b'\x3c\x40\1' * 1_000_000 + b'\x3c\0',
    'tempi': b'\0\xff\x51\3\1\1\1' * 430_000,
    'names': b'\0\xff\3\0' * 750_000,
    'late': b'\0\x90\x3c\x40' + b'\xff\xff\xff\x7f\x3c\0',
  }[bomb]
  program = f"""
import pathlib, sys, time
from musiczoo.music import midi
data = sys.stdin.buffer.read()
start = time.process_time()
for limits in (midi.Limits(), midi.Limits(*[2**29] * {len(LIMITS)})):
  try:
    midi.read(data, limits=limits)
  except midi.MidiError:
    pass
seconds = time.process_time() - start
# Not ru_maxrss: that one begins with the memory of the process that forked.
status = pathlib.Path('/proc/self/status').read_text()
print(seconds, int(status.split('VmHWM:')[1].split()[0]) / 2**10)
"""
  done = subprocess.run(
    [sys.executable, '-c', program],
    input=smf(events + END),
    capture_output=True,
    check=True,
  )
  seconds, megabytes = map(float, done.stdout.split())
  assert seconds < 2 * 2  # It was read twice.
  assert megabytes < 256


def test_an_end_of_track_may_come_as_late_as_it_likes():
  late = from_hex('ff ff ff 7f  ff 2f 00')
  score = midi.read(smf(NOTE + late))
  assert score.notes.tolist() == [[0, 10, 60, 64, 0]]
