"""Where and why a MIDI file is rejected."""

import pytest

from musiczoo.music import midi
from musiczoo.show import rejection, report
from tests.music.midi.files import END, quantity, smf

ON, OFF = bytes([0x90, 60, 64]), bytes([0x80, 60, 0])
NOTE = b'\0' + ON + quantity(480) + OFF


def explained(path):
  with pytest.raises(midi.MidiError) as caught:
    list(report.examine(path))
  return list(rejection.explain(caught.value))


def test_a_rejected_file_shows_where(tmp_path):
  path = tmp_path / 'page.mid'
  path.write_bytes(b'<!DOCTYPE html><html>')
  row, mark = explained(path)
  assert row.split() == [
    '0',
    *b'<!DOCTYPE html><'.hex(' ').split(),
    '<!DOCTYPE',
    'html><',
  ]
  assert mark.strip() == '^^ byte 0'
  data = smf(NOTE * 20 + b'\0' + bytes([0x90, 60, 0xFF]) + END)
  path.write_bytes(data)
  *rows, mark = explained(path)
  position = int(mark.split()[-1])
  assert len(rows) == 3
  assert rows[-1][mark.index('^') :][:2] == f'{data[position]:02x}'


def test_a_limit_is_named_with_its_flag(tmp_path):
  path = tmp_path / 'long.mid'
  path.write_bytes(smf(b'\0' + ON + quantity(2**27) + OFF + END, division=1))
  (line,) = explained(path)
  assert '131072' in line and '--max_quarters=N' in line


def test_a_missing_file_has_nothing_to_show(tmp_path):
  assert explained(tmp_path / 'none.mid') == []
