"""Pairing of note ons and offs into notes and tracks."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from musiczoo.music.midi import standard
from musiczoo.music.midi.changes import Changes, first_after, last_before
from musiczoo.music.midi.events import Events
from musiczoo.music.midi.guard import Limits
from musiczoo.music.midi.kits import drums, rhythm_parts
from musiczoo.music.midi.metas import Metas, names, ports
from musiczoo.music.midi.pedals import hold, Keys
from musiczoo.music.score import Track


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
    pedal: whether pedals extend the notes that they hold.
    limits: the cap on notes.
    repairs: counts by code, added to in place.

  Returns:
    int64 [N, 5], the columns of `Score.notes`; the tracks.

  Raises:
    MidiError: 'notes'.
  """
  kind = events.status & 0xF0
  # The time of an event: its place in the order in which the piece is played.
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

  index, where, control, value = choose(kind == standard.CONTROL)
  moment = time[index]

  def moves(chosen, values):
    """The chosen controllers as Changes of their outputs."""
    return Changes(where[chosen], moment[chosen], values[chosen])

  sound_off = control == standard.ALL_SOUND_OFF
  silences = moves(sound_off | (control >= standard.ALL_NOTES_OFF), moment)
  sound_off = moves(sound_off, moment)
  down = value >= standard.PEDAL_DOWN
  sustain = moves(control == standard.SUSTAIN_PEDAL, down)
  sostenuto = moves(control == standard.SOSTENUTO_PEDAL, down)
  banks = moves(control == standard.BANK, value)

  index, where, program, _ = choose(kind == standard.PROGRAM)
  programs = Changes(where, time[index], program)
  index, where, *_ = choose(events.status == standard.SYSEX)
  parts, is_gs = rhythm_parts(events, events.at[index], where, time[index])
  if is_gs:
    banks = Changes(*(column[:0] for column in banks))

  index, output, pitch, velocity = choose(
      (kind == standard.NOTE_ON) | (kind == standard.NOTE_OFF)
  )
  is_on = (kind[index] == standard.NOTE_ON) & (velocity > 0)
  limits.check('notes', np.count_nonzero(is_on))
  chunk, moment = events.chunk[index], time[index]
  # What silences an output parts the notes before from the offs after.
  since = last_before(silences, output, moment, -1) + 1
  pairs = pair(((chunk << 12 | output) << 7 | pitch) << 28 | since, is_on)
  silenced = first_after(
      silences, output[pairs.hanging], moment[pairs.hanging], -1
  )
  repairs['hanging'] += np.count_nonzero(silenced < 0)
  # An off may well come after all notes off.
  repairs['unmatched_off'] += np.count_nonzero(since[pairs.unmatched] == 0)
  chosen = np.append(pairs.on, pairs.hanging[silenced >= 0])
  off = np.append(moment[pairs.off], silenced[silenced >= 0])
  order = np.argsort(moment[chosen])
  chosen, off = chosen[order], off[order]
  on, chunk, output, pitch, velocity = (
      column[chosen] for column in (moment, chunk, output, pitch, velocity)
  )

  is_drums = drums(output, on, parts, banks, programs)
  if pedal:
    played = Keys(on, off, output, pitch, is_drums)
    off = hold(played, sustain, sostenuto, sound_off)
  duration = clock[off] - clock[on]
  repairs['zero_length'] += np.count_nonzero(duration == 0)

  program = last_before(programs, output, on, 0)
  keys, track = np.unique(
      ((chunk << 12 | output) << 1 | is_drums) << 7 | program,
      return_inverse=True,
  )
  name = names(metas)
  tracks = tuple(
      Track(
          program=key & 0x7F,
          drums=bool(key >> 7 & 1),
          name=name.get(key >> 20, ''),
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
    hanging: int64 [H], indices of note ons that nothing ends.
    unmatched: int64 [U], indices of note offs that end nothing.
  """

  on: np.ndarray
  off: np.ndarray
  hanging: np.ndarray
  unmatched: np.ndarray


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
      hanging=order[np.setdiff1d(ons, mate, assume_unique=True)],
      unmatched=order[np.flatnonzero(unmatched)],
  )
