"""Standard MIDI files <-> Score: `read` and `write` are mirror images."""

from musiczoo.music.midi.guard import Limits, MidiError
from musiczoo.music.midi.read import (
  last_tick,
  num_hanging,
  read,
  read_report,
)
from musiczoo.music.midi.write import to_bytes, write

__all__ = [
  'Limits',
  'MidiError',
  'last_tick',
  'num_hanging',
  'read',
  'read_report',
  'to_bytes',
  'write',
]
