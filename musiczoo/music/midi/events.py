"""Parsing of track chunks to events, as columns of arrays.

Where an event begins is known only when the one before it has been read. So
this is done twice: for every byte of the file at once, NumPy computes where the
next event would begin if one began here; then a loop of three lines follows
those hops. What it stepped on are the events; the rest is NumPy again.
"""

from array import array
from collections import Counter
from typing import NamedTuple

import numpy as np

from musiczoo.music.midi.guard import Chunks, Limits, MidiError
from musiczoo.music.midi.standard import END_OF_TRACK, META, SYSEX, SYSEX_ESCAPE

PADDING = 16  # Zeros after the file: nothing looks further ahead.
BLOCK = 2**16  # Bytes looked at together: memory stays small, caches warm.

# Bytes of data after a status byte. Sysex and meta events contain their length.
DATA_SIZE = np.zeros(256, np.int64)
DATA_SIZE[0x80:0xF0] = 2
DATA_SIZE[0xC0:0xE0] = 1
DATA_SIZE[[0xF1, 0xF3]] = 1
DATA_SIZE[0xF2] = 2
IS_CHANNEL_MESSAGE = (0x80 <= np.arange(256)) & (np.arange(256) < 0xF0)

# What follows a byte also depends on the running status: a place in a file is
# 2 * byte + short, with short = 1 if the running status takes one byte of data
# and 0 if two. These two places are beyond all bytes.
ENDED, BROKEN = 2**31 - 2, 2**31 - 1


class Events(NamedTuple):
  """E events of a file in the order of the file, a column each.

  Attributes:
    data: uint8 [bytes + padding], the file.
    chunk: int64 [E], the number of the track chunk.
    tick: int64 [E], from the beginning of the chunk.
    status: uint8 [E], the status byte; running status is filled in.
    at: int64 [E], where in `data` the bytes after the status begin.
  """

  data: np.ndarray
  chunk: np.ndarray
  tick: np.ndarray
  status: np.ndarray
  at: np.ndarray


def parse(
  data: bytes, chunks: Chunks, limits: Limits, repairs: Counter
) -> Events:
  """All events of all tracks.

  Args:
    data: a whole file.
    chunks: of `guard.find_chunks`.
    limits: the cap on events.
    repairs: counts by code, added to in place.

  Raises:
    MidiError: 'delta', 'status', 'data_byte', 'truncated' or 'events'.
  """
  data = np.frombuffer(data + bytes(PADDING), np.uint8)
  begin, count = _follow(data, chunks, limits)
  chunk = np.repeat(np.arange(len(count)), count)
  first = np.cumsum(count) - count

  delta, at = quantity(data, begin)
  tick = np.cumsum(delta)
  tick -= np.append(0, tick)[first][chunk]

  status = data[at]
  is_running = status < 0x80
  before = status[:-1] >= SYSEX
  repairs['running_status'] += np.count_nonzero(is_running[1:] & before)
  # The running status is that of the last channel message of the chunk.
  setting = np.where(IS_CHANNEL_MESSAGE[status], np.arange(len(status)), -1)
  setting = np.maximum.accumulate(setting)
  lost = is_running & (setting < first[chunk])
  if lost.any():
    raise MidiError('status', position=int(at[lost.argmax()]))
  status = np.where(is_running, status[setting], status)
  at += ~is_running

  pipeline = (status > SYSEX) & (status != SYSEX_ESCAPE) & (status != META)
  repairs['system_message'] += np.count_nonzero(pipeline)
  final = (first + count - 1)[count > 0]
  stop = np.array([stop for _, stop in chunks.spans])[count > 0]
  ended = (status[final] == META) & (data[at[final]] == END_OF_TRACK)
  # The type and the length of an end-of-track are its last two bytes.
  repairs['trailing_bytes'] += np.count_nonzero(ended & (at[final] + 2 < stop))
  repairs['no_end_of_track'] += len(count) - np.count_nonzero(ended)

  # The high bit of data is clear. Sysex and meta events may hold any bytes.
  size = np.where(IS_CHANNEL_MESSAGE, DATA_SIZE, 0)[status]
  damaged = (size > 0) & (data[at] >= 0x80)
  damaged |= (size > 1) & (data[at + 1] >= 0x80)
  if damaged.any():
    raise MidiError('data_byte', position=int(at[damaged.argmax()]))
  return Events(data, chunk, tick, status, at)


def quantity(data: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Variable-length quantities: seven bits a byte, the last below 0x80.

  Args:
    data: uint8 [N], the file.
    at: int64 [Q], where the quantities begin.

  Returns:
    int64 [Q], their values; int64 [Q], where the bytes after them begin.
  """
  value, at = np.zeros(len(at), np.int64), at.copy()
  more = np.ones(len(at), bool)
  for _ in range(4):
    byte = data[at]
    value = np.where(more, value << 7 | (byte & 0x7F), value)
    at += more
    more &= byte >= 0x80
    if not more.any():
      break
  return value, at


def _follow(data, chunks, limits):
  """(int64 [E] bytes at which events begin, int64 [C] events per chunk)."""
  places, count, known, hops = array('i'), [], 0, None
  append = places.append
  for start, stop in chunks.spans:
    before, place, end = len(places), 2 * start, 2 * stop
    while place < end:
      if place >= known:
        limits.check('events', len(places), place // 2)
        base = place - place % 2
        known = base + 2 * BLOCK
        hops = memoryview(_hops(data, base // 2, known // 2))
      reach = min(end, known)
      while place < reach:
        append(place)
        place = hops[place - base]
    if place == BROKEN:
      raise MidiError('delta', position=places[-1] // 2)
    if place != ENDED and place > end + 1:
      raise MidiError('truncated', position=places[-1] // 2)
    count.append(len(places) - before)
  limits.check('events', len(places))
  begin = np.frombuffer(places, np.int32).astype(np.int64) // 2
  return begin, np.array(count)


def _hops(data, start, stop):
  """int32 [2N]: from each place of N bytes, the place of the next event."""
  stop = min(stop, len(data) - PADDING)
  num = stop - start
  ahead = [data[start + i : stop + i] for i in range(5)]
  # The bytes of a delta time that begins here, and the status behind it; five
  # bytes are too many. Gathering by index would take most of the time.
  size = np.ones(num, np.uint8)
  for byte in ahead[3::-1]:
    size = 1 + (byte >= 0x80) * size
  status = ahead[1]
  for i in (2, 3, 4):
    status = np.where(size == i, ahead[i], status)

  # Explicit status: itself and two bytes of data, or one. Running status: the
  # two bytes or one, as its status byte determines.
  explicit, short = status >= 0x80, (status & 0xE0) == 0xC0
  hop = (4 + 2 * explicit.view(np.uint8)) - short
  place = 2 * (np.arange(start, stop, dtype=np.int32) + size)
  hops = np.empty((num, 2), np.int32)
  hops[:, 0] = place + hop
  hops[:, 1] = place + (hop - ~explicit)

  # The others leave the running status alone. Sysex: a length, the bytes. Meta
  # events: a type, a length, the bytes.
  rare = np.flatnonzero(status >= SYSEX)
  status, at = status[rare], start + rare + size[rare] + 1
  is_meta = status == META
  is_long = is_meta | (status == SYSEX) | (status == SYSEX_ESCAPE)
  length, after = quantity(data, at + is_meta)
  # Four bytes were read; was the fourth the last?
  broken = data[after - 1] >= 0x80
  after = np.where(is_long, after + length, at + DATA_SIZE[status])
  after = 2 * after[:, None] + (0, 1)
  after[broken] = BROKEN
  after[is_meta & (data[at] == END_OF_TRACK)] = ENDED
  hops[rare] = after
  hops[size > 4] = BROKEN
  return hops.reshape(-1)
