"""Note ons without a note off, counted in hand-made files."""

import pytest

from musiczoo.music import midi
from tests.music.midi.files import END, from_hex, smf


def hanging(tmp_path, *chunks, **header) -> int:
  path = tmp_path / 'x.mid'
  path.write_bytes(smf(*(from_hex(c) + END for c in chunks), **header))
  return midi.num_hanging(path)


@pytest.mark.parametrize(
  'dump, count',
  {
    '00 90 3c 40 60 80 3c 40': 0,
    '00 90 3c 40 60 90 3c 00': 0,  # An off as an on of velocity 0.
    '00 90 3c 40': 1,
    '00 90 3c 40 60 3c 40 60 3c 00': 1,  # Struck twice, ended once.
    '00 90 3c 40 60 3c 40': 2,
    '00 90 3c 40 60 80 3d 40': 1,  # Another pitch.
    '00 90 3c 40 60 81 3c 40': 1,  # Another channel.
    '00 90 3c 40 60 b0 7b 00': 1,  # All notes off is no note off.
    '00 80 3c 40 60 90 3c 40': 1,  # An off before its on ends nothing.
    '00 90 3c 40 00 c0 05 60 80 3c 40': 0,
  }.items(),
)
def test_of_one_track(tmp_path, dump, count):
  assert hanging(tmp_path, dump) == count


def test_a_note_off_of_another_track_ends_nothing(tmp_path):
  assert hanging(tmp_path, '00 90 3c 40', '60 80 3c 40') == 1
  assert hanging(tmp_path, '00 90 3c 40', '00 90 3d 40') == 2


def test_a_damaged_file_is_named(tmp_path):
  path = tmp_path / 'broken.mid'
  path.write_bytes(b'RIFF')
  with pytest.raises(midi.MidiError, match='broken.mid'):
    midi.num_hanging(path)
