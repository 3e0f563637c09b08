"""Reading of a MIDI file to a canonical Score, with a report of repairs.

Notes are paired within their own track chunk. Programs, pedals, all notes off
and all sound off belong to a port and channel, whichever chunk sets them:
simultaneous events are played in the order of the chunks.

Ignored are bends, volume and other controllers, the soft pedal, a reset of
all controllers, the kits that XG and GM2 choose otherwise than by bank 127, and
the sounds of banks: a program is that of General MIDI.
"""

from collections import Counter
import os

import numpy as np

from musiczoo.music.midi import guard, standard
from musiczoo.music.midi.events import parse
from musiczoo.music.midi.guard import Limits, MidiError
from musiczoo.music.midi.metas import find_metas, keys, meters, tempi
from musiczoo.music.midi.notes import find_notes
from musiczoo.music.midi.pairs import pair
from musiczoo.music.score import (
  canonical,
  DURATION,
  end,
  map_changes,
  ONSET,
  Score,
)
from musiczoo.music.tempo import length_seconds


def read(
  source: str | os.PathLike | bytes,
  *,
  pedal: bool = True,
  limits: Limits = guard.LIMITS,
) -> Score:
  """Reads a MIDI file of type 0, 1 or 2 as a canonical Score.

  Args:
    source: a path, or the bytes of a file.
    pedal: whether sustain and sostenuto pedals extend the notes they hold.
    limits: the most a file may hold.

  Raises:
    MidiError: the file is damaged or over a limit.
  """
  return read_report(source, pedal=pedal, limits=limits)[0]


def read_report(
  source: str | os.PathLike | bytes,
  *,
  pedal: bool = True,
  limits: Limits = guard.LIMITS,
) -> tuple[Score, dict[str, int]]:
  """As `read`, with what had to be repaired.

  Returns:
    the Score, and how often each code of `guard.REPAIRED` was needed; codes
    that were not are left out.
  """
  repairs = Counter()
  path = None if isinstance(source, bytes) else os.fspath(source)
  try:
    data = source if path is None else guard.load(path, limits)
    score = _score(data, pedal, limits, repairs)
  except MidiError as error:
    error.path = path
    raise
  return score, {c: int(repairs[c]) for c in guard.REPAIRED if repairs[c]}


def last_tick(source: str | os.PathLike) -> int:
  """The tick at which the last track of a file ends, be it with a rest.

  Raises:
    MidiError: as of `read`.
  """
  chunks, events = _events(os.fspath(source))
  if chunks.format == 2:
    events = _one_after_another(events, len(chunks.spans))
  return int(events.tick.max(initial=0))


def num_hanging(source: str | os.PathLike) -> int:
  """How many note ons of a file no note off of their track ends.

  Also where `read` finds another end for them: another note, or all notes off.

  Raises:
    MidiError: as of `read`.
  """
  _, events = _events(os.fspath(source))
  kind, at = events.status & 0xF0, events.at
  is_note = (kind == standard.NOTE_ON) | (kind == standard.NOTE_OFF)
  is_on = (kind == standard.NOTE_ON) & (events.data[at + 1] > 0)
  key = (events.chunk << 4 | events.status & 0x0F) << 7 | events.data[at]
  return len(pair(key[is_note], is_on[is_note]).hanging)


def _events(path):
  """(Chunks, Events) of a file."""
  try:
    data = guard.load(path, guard.LIMITS)
    chunks = guard.find_chunks(data, guard.LIMITS, Counter())
    return chunks, parse(data, chunks, guard.LIMITS, Counter())
  except MidiError as error:
    error.path = path
    raise


def _score(data, pedal, limits, repairs):
  chunks = guard.find_chunks(data, limits, repairs)
  resolution, smpte_tempo = _division(chunks.division)
  events = parse(data, chunks, limits, repairs)
  if chunks.format == 2:
    events = _one_after_another(events, len(chunks.spans))
  metas = find_metas(events)
  notes, tracks = find_notes(events, metas, pedal, limits, repairs)
  changes = (found(metas, repairs) for found in (tempi, meters, keys))
  raw = Score(notes, tracks, *changes, resolution)
  if smpte_tempo:
    raw = raw._replace(tempi=np.array([[0, smpte_tempo]]))
    repairs['smpte'] += 1
  raw = _without_late(raw, repairs)
  check_ticks(raw, limits)
  score = canonical(raw)
  limits.check('seconds', length_seconds(score))
  for changes in (raw.tempi, raw.meters, raw.keys):
    repairs['superseded'] += _num_superseded(changes)
  return score


def _without_late(raw, repairs):
  """Leaves out what changes after the last note; without notes, nothing."""
  if not len(raw.notes):
    return raw
  last = end(raw)

  def in_time(changes):
    kept = changes[:, 0] <= last
    repairs['late'] += np.count_nonzero(~kept)
    return changes[kept]

  return map_changes(raw, in_time)


def _division(division):
  """The 16 bits -> (ticks per quarter note, tempo if SMPTE sets it, or 0)."""
  if division < 0x8000:
    if not division:
      raise MidiError('division')
    return division, 0
  frames, ticks = 0x100 - (division >> 8), division & 0xFF
  if frames not in (24, 25, 29, 30) or not ticks:
    raise MidiError('division')
  # SMPTE time has no quarter note: a second takes its place. 29 stands for
  # 30 frames in 1.001 seconds.
  if frames == 29:
    return 30 * ticks, 1_001_000
  return frames * ticks, 1_000_000


def _one_after_another(events, num_chunks):
  """Type 2: the chunks are pieces of their own, played in turn."""
  length = np.zeros(num_chunks, np.int64)
  np.maximum.at(length, events.chunk, events.tick)
  begin = np.cumsum(length) - length
  return events._replace(tick=events.tick + begin[events.chunk])


def _num_superseded(changes):
  """How many changes are replaced by another value at the same tick."""
  changes = changes[np.argsort(changes[:, 0], kind='stable')]
  same = changes[1:] == changes[:-1]
  return np.count_nonzero(same[:, 0] & ~same.all(axis=1))


def check_ticks(raw: Score, limits: Limits) -> None:
  """Raises a MidiError if a Score, still in int64, goes on for too long."""
  ends = raw.notes[:, ONSET] + raw.notes[:, DURATION]
  changes = (raw.tempi[:, 0], raw.meters[:, 0], raw.keys[:, 0])
  last = max(int(ticks.max(initial=0)) for ticks in (ends, *changes))
  limits.check('ticks', last)
  limits.check('quarters', last / raw.resolution)
