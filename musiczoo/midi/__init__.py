"""Standard MIDI files <-> Score: `read` and `write` are mirror images."""

from musiczoo.midi.guard import Limits, MidiError
from musiczoo.midi.read import read, read_report
from musiczoo.midi.write import to_bytes, write

__all__ = ['Limits', 'MidiError', 'read', 'read_report', 'to_bytes', 'write']
