"""Note ons and offs walk in, notes and their tracks walk out."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from musiczoo.midi import standard
from musiczoo.midi.changes import Changes, first_after, last_before
from musiczoo.midi.events import Events
from musiczoo.midi.guard import Limits
from musiczoo.midi.metas import Metas, names, ports
from musiczoo.score import Track


def find_notes(
    events: Events,
    metas: Metas,
    pedal: bool,
    limits: Limits,
    repairs: Counter,
) -> tuple[np.ndarray, tuple[Track, ...]]:
  """The notes of a file, and a track for each chunk, output and program.

  An output is a port and channel, as the integer 16 * port + channel.

  Args:
    events: all events of the file.
    metas: the meta events among them.
    pedal: whether the sustain pedal extends the notes that it holds.
    limits: the cap on notes.
    repairs: counts by code, added to in place.

  Returns:
    int64 [N, 5], the columns of `Score.notes`; the tracks.

  Raises:
    MidiError: 'notes'.
  """
  kind = events.status & 0xF0
  # The time of an event: its place in the order in which the piece is heard.
  order = np.argsort(events.tick, kind='stable')
  clock = events.tick[order]
  time = np.empty_like(order)
  time[order] = np.arange(len(order))
  port = Changes(*ports(metas))

  def choose(chosen):
    """Index, output and the two bytes of data of some channel messages."""
    index = np.flatnonzero(chosen)
    output = last_before(port, events.chunk[index], index, 0) << 4
    output |= events.status[index] & 0x0F
    at = events.at[index]
    first, second = (events.data[at + i].astype(np.int64) for i in (0, 1))
    return index, output, first, second

  index, output, pitch, velocity = choose(
      (kind == standard.NOTE_ON) | (kind == standard.NOTE_OFF)
  )
  is_on = (kind[index] == standard.NOTE_ON) & (velocity > 0)
  limits.check('notes', np.count_nonzero(is_on))
  chunk = events.chunk[index]
  pairs = pair((chunk << 12 | output) << 7 | pitch, is_on)
  repairs['hanging'] += pairs.hanging
  repairs['unmatched_off'] += pairs.unmatched
  on, off = time[index[pairs.on]], time[index[pairs.off]]
  chunk, output, pitch, velocity = (
      column[pairs.on] for column in (chunk, output, pitch, velocity)
  )

  if pedal:
    index, where, control, value = choose(kind == standard.CONTROL)
    is_pedal = control == standard.SUSTAIN_PEDAL
    down = value >= standard.PEDAL_DOWN
    moves = Changes(where[is_pedal], time[index[is_pedal]], down[is_pedal])
    off = sustain(on, off, output, pitch, moves)
  duration = clock[off] - clock[on]
  repairs['zero_length'] += np.count_nonzero(duration == 0)

  index, where, program, _ = choose(kind == standard.PROGRAM)
  program = last_before(Changes(where, time[index], program), output, on, 0)
  keys, track = np.unique(
      (chunk << 12 | output) << 7 | program, return_inverse=True
  )
  name = names(metas)
  tracks = tuple(
      Track(
          program=key & 0x7F,
          drums=key >> 7 & 0x0F == standard.DRUM_CHANNEL,
          name=name.get(key >> 19, ''),
      )
      for key in keys.tolist()
  )
  notes = np.stack([clock[on], duration, pitch, velocity, track], axis=1)
  return notes, tracks


class Pairs(NamedTuple):
  """Which note off ends which note on.

  Attributes:
    on: int64 [N], indices of note ons.
    off: int64 [N], the index of the note off of each.
    hanging: how many note ons nothing ends.
    unmatched: how many note offs end nothing.
  """

  on: np.ndarray
  off: np.ndarray
  hanging: int
  unmatched: int


def pair(key: np.ndarray, is_on: np.ndarray) -> Pairs:
  """Pairs ons with offs of the same key, first in, first out.

  Args:
    key: int64 [E], one integer for each channel and pitch.
    is_on: bool [E], note on or note off, in the order of time.
  """
  order = np.argsort(key, kind='stable')
  key, is_on = key[order], is_on[order]
  begins = np.append(True, key[1:] != key[:-1])[: len(key)]
  first, group = np.flatnonzero(begins), np.cumsum(begins) - 1

  # The balance of ons and offs within a group. Each time it reaches a new
  # depth below zero, the off had nothing to end. One running minimum serves
  # all groups, since each lies lower than the one before it.
  step = np.where(is_on, 1, -1)
  balance = np.cumsum(step)
  balance -= (balance - step)[first][group]
  floor = -group * (len(key) + 1)
  depth = np.minimum.accumulate(np.minimum(balance, 0) + floor)
  before = np.append(0, depth[:-1])[: len(key)]
  before[first] = floor[first]
  unmatched = depth < before

  ons, offs = np.flatnonzero(is_on), np.flatnonzero(~is_on & ~unmatched)
  # The k-th off of a group ends its k-th on.
  group = group[offs]
  rank = np.arange(len(offs)) - np.searchsorted(offs, first)[group]
  mate = ons[np.searchsorted(ons, first)[group] + rank]
  return Pairs(
      on=order[mate],
      off=order[offs],
      hanging=len(ons) - len(offs),
      unmatched=np.count_nonzero(unmatched),
  )


def sustain(
    on: np.ndarray,
    off: np.ndarray,
    output: np.ndarray,
    pitch: np.ndarray,
    pedal: Changes,
) -> np.ndarray:
  """The times at which notes fall silent when the pedal holds them.

  A note let go while the pedal is down sounds on until the pedal is lifted or
  the same key is struck again. A pedal that is never lifted lifts with the last
  note off. Drums have no pedal.

  Args:
    on: int64 [N], the time of each note on; times are counts of events.
    off: int64 [N], the time of its note off.
    output: int64 [N], its port and channel.
    pitch: int64 [N].
    pedal: output, time and whether the pedal goes down or up.

  Returns:
    int64 [N], the times at which the notes end; none is before `off`.
  """
  held = last_before(pedal, output, off, False)
  held &= output & 0x0F != standard.DRUM_CHANNEL
  if not held.any():
    return off
  up = ~pedal.value
  lifts = Changes(pedal.key[up], pedal.time[up], pedal.time[up])
  lifted = first_after(lifts, output, off, off.max(initial=0))
  key = output << 7 | pitch
  never = np.iinfo(np.int64).max
  struck = first_after(Changes(key, on, on), key, off, never)
  return np.where(held, np.minimum(lifted, struck), off)
