"""Checks of a MIDI file before it is parsed: header, chunks, limits.

Nothing is allocated by what a header claims: each number is compared with the
bytes that are there and with a cap.
"""

from collections import Counter
import os
import struct
from typing import BinaryIO, NamedTuple

from musiczoo.errors import UserError

# Why a file is rejected: code -> what is wrong, and a way out.
REJECTED = {
  'unreadable': 'cannot be read; check the path and its permissions',
  'empty': 'is empty; fetch it again',
  'not_midi': 'is no MIDI file: no MThd header; give a .mid file',
  'header': 'has a header cut short; fetch it again',
  'format': 'is of an unknown MIDI type; only types 0, 1 and 2 exist',
  'division': 'has no usable ticks per quarter note or frame',
  'no_tracks': 'has no track chunk; fetch it again',
  'delta': 'has a number of more than four bytes; the file is damaged',
  'status': 'has a data byte where a status must stand; it is damaged',
  'data_byte': 'has a status byte where data must stand; it is damaged',
  'truncated': 'has an event that runs past its track; fetch it again',
  'bytes': 'has too many bytes; raise the limit if you trust it',
  'tracks': 'has too many tracks; raise the limit if you trust it',
  'events': 'has too many events; raise the limit if you trust it',
  'notes': 'has too many notes; raise the limit if you trust it',
  'ticks': 'goes on to too late a tick; raise the limit if you trust it',
  'quarters': 'has too many quarter notes; raise the limit if you trust it',
  'seconds': 'lasts too many seconds; raise the limit if you trust it',
  'archive': 'is no sound zip or tar archive; fetch it again',
  'member': 'is a damaged or encrypted member of an archive; unpack it',
  'name': 'has a name that leads out of the archive; rename it',
  'link': 'is a link or device, not a file; put the file itself there',
  'ratio': 'grows too much when unpacked; unpack it yourself if you trust it',
  'members': 'has too many members; split the archive',
}

# What is repaired and counted: code -> what was done.
REPAIRED = {
  'wrapped': 'bytes before the header were skipped (RIFF, MacBinary)',
  'track_count': 'the header promised another number of tracks',
  'unknown_chunk': 'a chunk of an unknown kind was skipped',
  'chunk_length': 'a chunk that claims to outlast the file was cut there',
  'trailing_bytes': 'bytes after the end of a track were ignored',
  'no_end_of_track': 'a track without an end-of-track ended with its chunk',
  'running_status': 'a status was kept beyond a meta event or sysex',
  'system_message': 'a message that has no place in a file was skipped',
  'smpte': 'SMPTE time was read with quarter notes of one second',
  'tempo': 'a tempo of zero or of an odd length was ignored',
  'meter': 'an impossible meter was ignored',
  'key': 'an impossible key was ignored',
  'superseded': 'of changes at one tick only the last was kept',
  'unmatched_off': 'a note off without a note was ignored',
  'restruck': 'a note struck again before its end was ended there',
  'hanging': 'a note without an end lasts until the next one',
  'zero_length': 'a note of no length was given one tick',
  'late': 'a tempo, meter or key after the last note was left out',
}


class Limits(NamedTuple):
  """The most a file may hold. Each field is also the code of its rejection.

  Attributes:
    bytes: size of the file; no more than 2**29.
    tracks: track chunks.
    events: events of all tracks.
    notes: note ons of all tracks.
    ticks: the last tick of a note or, of a file without notes, of a change of
      tempo, meter or key; no more than 2**31 - 1.
    quarters: the same in quarter notes: it bounds any grid of steps.
    seconds: the end of the last note.
  """

  bytes: int = 16 * 2**20
  tracks: int = 2**12
  events: int = 2**20
  notes: int = 2**18
  ticks: int = 2**28 - 1
  quarters: int = 2**17
  seconds: int = 6 * 60 * 60

  def check(self, name: str, value: float, position: int | None = None):
    """Raises a MidiError if `value` is more than the limit called `name`."""
    if value > getattr(self, name):
      raise MidiError(name, position=position)


LIMITS = Limits()


class MidiError(UserError):
  """A file that can't be read, with the reason.

  Attributes:
    code: a key of `REJECTED`.
    path: the file; None for bytes.
    position: the byte where it went wrong, from 0; None if there is no such.
  """

  def __init__(
    self, code: str, path: str | None = None, position: int | None = None
  ):
    super().__init__(code, path, position)
    self.code, self.path, self.position = code, path, position

  def __str__(self):
    where = '' if self.position is None else f' byte {self.position}:'
    source = self.path or 'MIDI data'
    return f'{source}:{where} {REJECTED[self.code]} [{self.code}]'


class Chunks(NamedTuple):
  """The places of the tracks in a file.

  Attributes:
    format: MIDI type: 0 one track, 1 tracks at once, 2 one after another.
    division: the 16 bits of the header: ticks per quarter note, or SMPTE.
    spans: (start, stop) in bytes of the events of each track.
  """

  format: int
  division: int
  spans: list[tuple[int, int]]


def open_file(path: str | os.PathLike) -> BinaryIO:
  """Opens a regular file: a pipe might hang, a device never end.

  Raises:
    MidiError: 'unreadable'.
  """
  try:
    if not os.path.isfile(path):
      raise OSError('no regular file')
    return open(path, 'rb')
  except (OSError, ValueError) as error:
    raise MidiError('unreadable', os.fspath(path)) from error


def load(path: str | os.PathLike, limits: Limits) -> bytes:
  """The bytes of a file; of one over the limit only a byte more than that.

  Raises:
    MidiError: 'unreadable'.
  """
  with open_file(path) as file:
    return file.read(limits.bytes + 1)


def find_chunks(data: bytes, limits: Limits, repairs: Counter) -> Chunks:
  """Checks the header and finds the tracks.

  Args:
    data: a whole file.
    limits: the caps on bytes and tracks.
    repairs: counts by code, added to in place.

  Raises:
    MidiError: see `REJECTED`.
  """
  if not data:
    raise MidiError('empty')
  limits.check('bytes', len(data))
  at = data.find(b'MThd', 0, 4096)
  if at < 0:
    raise MidiError('not_midi', position=0)
  repairs['wrapped'] += at > 0
  size = int.from_bytes(data[at + 4 : at + 8])
  header = data[at + 8 : at + 14]
  if len(header) < 6 or size < 6:
    raise MidiError('header', position=at)
  kind, promised, division = struct.unpack('>HHH', header)
  if kind > 2:
    raise MidiError('format', position=at + 8)
  at += 8 + size
  spans = []
  while at + 8 <= len(data):
    name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8])
    start, at = at + 8, at + 8 + size
    if name != b'MTrk':
      repairs['unknown_chunk'] += 1
      continue
    repairs['chunk_length'] += at > len(data)
    spans.append((start, min(at, len(data))))
    limits.check('tracks', len(spans), start)
  if not spans:
    raise MidiError('no_tracks', position=min(at, len(data)))
  repairs['track_count'] += promised != len(spans)
  return Chunks(kind, division, spans)
