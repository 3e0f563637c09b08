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
from musiczoo.music.midi.pairs import pair, pair_restruck
from musiczoo.music.midi.pedals import hold, Notes
from musiczoo.music.score import Track


def find_notes(
  events: Events, metas: Metas, pedal: bool, limits: Limits, repairs: Counter
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
  timeline = _timeline(events, metas)
  settings = _settings(timeline)
  notes = _paired(timeline, settings.silences, limits, repairs)
  is_drums = drums(
    notes.output, notes.on, settings.parts, settings.banks, settings.programs
  )
  off = hold(notes, ~is_drums, *settings.pedals) if pedal else notes.off
  clock = timeline.clock
  duration = clock[off] - clock[notes.on]
  repairs['zero_length'] += np.count_nonzero(duration == 0)
  program = last_before(settings.programs, notes.output, notes.on, 0)
  tracks, track = _tracks(notes, is_drums, program, names(metas))
  columns = clock[notes.on], duration, notes.pitch, notes.velocity, track
  return np.stack(columns, axis=1), tracks


class _Timeline(NamedTuple):
  """Events in the order in which the piece is played.

  Attributes:
    events: all events, in the order of the file.
    time: int64 [E], the place of each event in the order of playing.
    clock: int64 [E], the tick at each time.
    port: the port of each chunk.
  """

  events: Events
  time: np.ndarray
  clock: np.ndarray
  port: Changes

  def select(self, chosen):
    """Index, output and the two bytes of data of some channel messages."""
    events, index = self.events, np.flatnonzero(chosen)
    output = last_before(self.port, events.chunk[index], index, 0) << 4
    output |= events.status[index] & 0x0F
    at = events.at[index]
    first, second = (events.data[at + i].astype(np.int64) for i in (0, 1))
    return index, output, first, second


def _timeline(events, metas):
  order = np.argsort(events.tick, kind='stable')
  time = np.empty_like(order)
  time[order] = np.arange(len(order))
  return _Timeline(events, time, events.tick[order], Changes(*ports(metas)))


class _Settings(NamedTuple):
  """Changes of outputs; `pedals` are the arguments of `hold`."""

  silences: Changes
  pedals: tuple[Changes, Changes, Changes]
  banks: Changes
  programs: Changes
  parts: Changes


def _settings(timeline):
  events, time = timeline.events, timeline.time
  kind = events.status & 0xF0
  index, where, control, value = timeline.select(kind == standard.CONTROL)
  moment = time[index]

  def changes(chosen, values):
    return Changes(where[chosen], moment[chosen], values[chosen])

  sound_off = control == standard.ALL_SOUND_OFF
  silence = sound_off | (control >= standard.ALL_NOTES_OFF)
  down = value >= standard.PEDAL_DOWN
  pedals = (
    changes(control == standard.SUSTAIN_PEDAL, down),
    changes(control == standard.SOSTENUTO_PEDAL, down),
    changes(sound_off, moment),
  )
  banks = changes(control == standard.BANK, value)
  index, output, program, _ = timeline.select(kind == standard.PROGRAM)
  programs = Changes(output, time[index], program)
  index, output, *_ = timeline.select(events.status == standard.SYSEX)
  parts, is_gs = rhythm_parts(events, events.at[index], output, time[index])
  if is_gs:
    banks = Changes(*(column[:0] for column in banks))
  return _Settings(changes(silence, moment), pedals, banks, programs, parts)


def _paired(timeline, silences, limits, repairs):
  """Note ons with what ends them: note offs, silences, or other notes."""
  kind = timeline.events.status & 0xF0
  index, output, pitch, velocity = timeline.select(
    (kind == standard.NOTE_ON) | (kind == standard.NOTE_OFF)
  )
  is_on = (kind[index] == standard.NOTE_ON) & (velocity > 0)
  limits.check('notes', np.count_nonzero(is_on))
  chunk, moment = timeline.events.chunk[index], timeline.time[index]
  del index  # Files of a million notes are read within a cap on memory.
  columns = moment, chunk, output, pitch, velocity
  chosen, off = _endings(timeline, silences, is_on, columns, repairs)
  order = np.argsort(moment[chosen])
  on, *others = (column[chosen[order]] for column in columns)
  return Notes(on, off[order], *others)


def _endings(timeline, silences, is_on, columns, repairs):
  """(int64 [N] which events are notes, int64 [N] when each is released)."""
  moment, chunk, output, pitch, _ = columns
  # A silence separates the notes before it from the offs after it.
  since = last_before(silences, output, moment, -1) + 1
  key = ((chunk << 12 | output) << 7 | pitch) << 28 | since
  pairs = pair(key, is_on)
  silenced = first_after(silences, output, moment, -1)
  # Where nothing ends a note, it or one before it was struck again too early.
  again = pairs.unended & (silenced < 0)
  some = np.flatnonzero(again)
  found = pair_restruck(key[some], is_on[some], timeline.clock[moment[some]])
  on, off, endless, unmatched = (some[part] for part in found)
  repairs['restruck'] += np.count_nonzero(is_on[off])
  repairs['hanging'] += len(endless)
  # An off may well come after all notes off.
  unmatched = np.append(pairs.unmatched, unmatched)
  repairs['unmatched_off'] += np.count_nonzero(since[unmatched] == 0)
  ended = pairs.hanging[~again[pairs.hanging]]
  paired = ~again[pairs.on]
  off = np.append(pairs.off[paired], off)
  later = _next_onsets(timeline.clock, key >> 35, moment, is_on, endless)
  return (
    np.concatenate([pairs.on[paired], on, ended, endless]),
    np.concatenate([moment[off], silenced[ended], later]),
  )


def _next_onsets(clock, lane, moment, is_on, endless):
  """When the next note of the lane of some begins, at a later tick.

  Args:
    clock: the tick at each time.
    lane: int64 [E], chunk and output of each event; `moment`, `is_on` likewise.
    endless: int64 [H], which events.

  Returns:
    int64 [H]; the last of the events where no note follows.
  """
  if not len(endless):
    return endless
  onsets = np.sort(lane[is_on] << 32 | moment[is_on])
  after = np.searchsorted(clock, clock[moment[endless]], side='right') - 1
  at = np.searchsorted(onsets, lane[endless] << 32 | after, side='right')
  found = np.append(onsets, -1)[at]
  same = found >> 32 == lane[endless]
  return np.where(same, found & 0xFFFFFFFF, moment.max())


def _tracks(notes, is_drums, program, names):
  """A Track for each chunk, output, kind and program, and that of each note."""
  keys, track = np.unique(
    ((notes.chunk << 12 | notes.output) << 1 | is_drums) << 7 | program,
    return_inverse=True,
  )
  tracks = tuple(
    Track(key & 0x7F, bool(key >> 7 & 1), names.get(key >> 20, ''))
    for key in keys.tolist()
  )
  return tracks, track
