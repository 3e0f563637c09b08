"""Track chunks walk in as bytes, events walk out as columns of arrays.

Where an event begins is known only when the one before it has been read. So
this is done twice: for every byte of the file at once, NumPy computes where the
next event would begin if one began here; then a loop of three lines follows
those jumps. What it stepped on are the events; the rest is NumPy again.
"""

from array import array
from collections import Counter
from typing import NamedTuple

import numpy as np

from musiczoo.midi.guard import Chunks, Limits, MidiError

META, END_OF_TRACK = 0xFF, 0x2F
# Bytes after the file that may be looked at but are never part of an event.
PADDING = 16
# Jumps that lead nowhere, behind any place in a file.
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
    chunks: where its tracks lie.
    limits: the cap on events.
    repairs: counts by code, added to in place.

  Raises:
    MidiError: 'delta', 'status', 'data_byte', 'truncated' or 'events'.
  """
  data = np.frombuffer(data + bytes(PADDING), np.uint8)
  size = _quantity_sizes(data)
  begin, count = _follow(_jumps(data, size), chunks, limits, repairs)
  chunk = np.repeat(np.arange(len(count)), count)
  first = np.cumsum(count) - count

  delta = quantity(data, begin, size[begin])
  tick = np.cumsum(delta)
  tick -= np.append(0, tick)[first][chunk]

  at = begin + size[begin]
  status = data[at]
  index = np.arange(len(at))
  # The running status is that of the last channel message of the chunk.
  channel_message = (status >= 0x80) & (status < 0xF0)
  last = np.maximum.accumulate(np.where(channel_message, index, -1))
  running = status < 0x80
  lost = running & (last < first[chunk])
  if lost.any():
    raise MidiError('status', position=int(at[lost.argmax()]))
  repairs['running_status'] += int(
      np.count_nonzero(running[1:] & (status[:-1] >= 0xF0))
  )
  status = np.where(running, status[last], status)
  at += ~running
  repairs['system_message'] += int(
      np.count_nonzero((status > 0xF0) & (status != 0xF7) & (status != META))
  )
  # A byte of data has its high bit clear.
  damaged = (status < 0xF0) & (data[at] >= 0x80)
  damaged |= TWO_BYTES[status] & (data[at + 1] >= 0x80)
  if damaged.any():
    raise MidiError('data_byte', position=int(at[damaged.argmax()]))
  return Events(data, chunk, tick, status, at)


def quantity(
    data: np.ndarray, at: np.ndarray, size: np.ndarray
) -> np.ndarray:
  """The variable-length quantities of `size` bytes each that begin at `at`."""
  value = np.zeros(len(at), np.int64)
  for i in range(4):
    more = size > i
    if not more.any():
      break
    value = np.where(more, value << 7 | (data[at + i] & 0x7F), value)
  return value
