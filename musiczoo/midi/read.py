"""A MIDI file walks in; a canonical Score and what was repaired walk out.

Notes are paired within their own track chunk. Programs and the pedal belong to
a port and channel, whichever chunk sets them: simultaneous events are heard in
the order of the chunks.
"""

from collections import Counter
import os
from typing import NamedTuple

import numpy as np

from musiczoo.midi import guard, standard
from musiczoo.midi.events import parse, quantity
from musiczoo.midi.guard import Limits, MidiError
from musiczoo.midi.notes import Changes, last_before, pair, sustain
from musiczoo.score import canonical, DURATION, end, ONSET, Score, Track


def read(
    source: str | os.PathLike | bytes,
    *,
    pedal: bool = True,
    limits: Limits = guard.LIMITS,
) -> Score:
  """Reads a MIDI file of type 0, 1 or 2 as a canonical Score.

  Args:
    source: a path, or the bytes of a file.
    pedal: whether the sustain pedal extends the notes that it holds.
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
  return score, {code: repairs[code] for code in guard.REPAIRED if repairs[code]}


def _score(data, pedal, limits, repairs):
  chunks = guard.find_chunks(data, limits, repairs)
  resolution, smpte_tempo = _division(chunks.division)
  events = parse(data, chunks, limits, repairs)
  if chunks.format == 2:
    events = _one_after_another(events, len(chunks.spans))
  metas = _metas(events)
  tempi = _tempi(events, metas, repairs)
  if smpte_tempo:
    repairs['smpte'] += 1
    tempi = np.array([[0, smpte_tempo]])
  notes, tracks = _notes(events, metas, pedal, limits, repairs)
  raw = Score(
      notes=notes,
      tracks=tracks,
      tempi=tempi,
      meters=_meters(events, metas, repairs),
      keys=_keys(events, metas, repairs),
      resolution=resolution,
  )
  _check_ticks(raw, limits)
  score = canonical(raw)
  limits.check('seconds', _seconds(score))
  for name in ('tempi', 'meters', 'keys'):
    before, after = getattr(raw, name), getattr(score, name)
    if len(before) > len(after):
      repairs['superseded'] += len(np.unique(before, axis=0)) - len(after)
  return score


def _division(division):
  """The 16 bits -> (ticks per quarter note, tempo if SMPTE sets it, or 0)."""
  if division < 0x8000:
    if not division:
      raise MidiError('division')
    return division, 0
  frames, ticks = 0x100 - (division >> 8), division & 0xFF
  if frames not in (24, 25, 29, 30) or not ticks:
    raise MidiError('division')
  # SMPTE time knows no quarter note: let it be the second. 29 stands for
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


class _Metas(NamedTuple):
  """M meta events: index in the events, type, and where their bytes lie."""

  index: np.ndarray
  type: np.ndarray
  start: np.ndarray
  length: np.ndarray

  def of(self, type):
    chosen = self.type == type
    return _Metas(*(column[chosen] for column in self))


def _metas(events):
  index = np.flatnonzero(events.status == standard.META)
  at = events.at[index]
  length, start = quantity(events.data, at + 1)
  return _Metas(index, events.data[at], start, length)


def _tempi(events, metas, repairs):
  metas = metas.of(standard.TEMPO)
  high, middle, low = (
      events.data[metas.start + i].astype(np.int64) for i in range(3)
  )
  tempo = high << 16 | middle << 8 | low
  good = (metas.length == 3) & (tempo > 0)
  repairs['tempo'] += np.count_nonzero(~good)
  return np.stack([events.tick[metas.index], tempo], axis=1)[good]


def _meters(events, metas, repairs):
  metas = metas.of(standard.METER)
  numerator, power = (
      events.data[metas.start + i].astype(np.int64) for i in range(2)
  )
  good = (metas.length >= 2) & (numerator > 0) & (power <= 7)
  repairs['meter'] += np.count_nonzero(~good)
  ticks = events.tick[metas.index]
  return np.stack([ticks, numerator, 1 << np.minimum(power, 7)], axis=1)[good]


def _keys(events, metas, repairs):
  metas = metas.of(standard.KEY)
  sharps, minor = (
      events.data[metas.start + i].view(np.int8).astype(np.int64)
      for i in range(2)
  )
  good = (metas.length == 2) & (abs(sharps) <= 7) & ((minor | 1) == 1)
  repairs['key'] += np.count_nonzero(~good)
  return np.stack([events.tick[metas.index], sharps, minor], axis=1)[good]


def _names(events, metas):
  """{chunk: its first name}."""
  metas = metas.of(standard.NAME)
  names = {}
  for i, chunk in enumerate(events.chunk[metas.index].tolist()):
    if chunk not in names:
      start = metas.start[i]
      name = events.data[start : start + metas.length[i]].tobytes()
      try:
        names[chunk] = name.decode()
      except UnicodeDecodeError:
        names[chunk] = name.decode('latin-1')
  return names


def _outputs(events, metas, index):
  """The port and channel, as 16 * port + channel, of the events at `index`."""
  metas = metas.of(standard.PORT)
  port = events.data[metas.start].astype(np.int64) * (metas.length > 0)
  ports = Changes(events.chunk[metas.index], metas.index, port)
  port = last_before(ports, events.chunk[index], index, 0)
  return port << 4 | (events.status[index] & 0x0F)


def _notes(events, metas, pedal, limits, repairs):
  """(int64 [N, 5] notes, their tracks)."""
  kind = events.status & 0xF0
  # The place of each event in the order in which the piece is heard.
  order = np.argsort(events.tick, kind='stable')
  clock = events.tick[order]
  time = np.empty_like(order)
  time[order] = np.arange(len(order))

  index = np.flatnonzero((kind == standard.NOTE_OFF) | (kind == standard.NOTE_ON))
  output = _outputs(events, metas, index)
  at = events.at[index]
  pitch = events.data[at].astype(np.int64)
  velocity = events.data[at + 1].astype(np.int64)
  chunk = events.chunk[index]
  is_on = (kind[index] == standard.NOTE_ON) & (velocity > 0)
  limits.check('notes', np.count_nonzero(is_on))
  pairs = pair((chunk << 12 | output) << 7 | pitch, is_on)
  repairs['hanging'] += pairs.hanging
  repairs['unmatched_off'] += pairs.unmatched

  on, off = time[index[pairs.on]], time[index[pairs.off]]
  chunk, output, pitch, velocity = (
      column[pairs.on] for column in (chunk, output, pitch, velocity)
  )
  is_drum = output & 0x0F == standard.DRUM_CHANNEL
  if pedal:
    held = _pedal(events, metas, kind, time)
    until = sustain(on, off, output, pitch, held)
    off = np.where(is_drum, off, until)
  duration = clock[off] - clock[on]
  repairs['zero_length'] += np.count_nonzero(duration == 0)

  index = np.flatnonzero(kind == standard.PROGRAM)
  programs = Changes(
      _outputs(events, metas, index),
      time[index],
      events.data[events.at[index]].astype(np.int64),
  )
  program = last_before(programs, output, on, 0)
  tracks, track = np.unique(
      (chunk << 12 | output) << 7 | program, return_inverse=True
  )
  names = _names(events, metas)
  tracks = tuple(
      Track(
          program=key & 0x7F,
          drums=key >> 7 & 0x0F == standard.DRUM_CHANNEL,
          name=names.get(key >> 19, ''),
      )
      for key in tracks.tolist()
  )
  notes = np.stack([clock[on], duration, pitch, velocity, track], axis=1)
  return notes, tracks


def _pedal(events, metas, kind, time):
  index = np.flatnonzero(kind == standard.CONTROL)
  at = events.at[index]
  pedal = events.data[at] == standard.SUSTAIN_PEDAL
  index, at = index[pedal], at[pedal]
  down = events.data[at + 1] >= standard.PEDAL_DOWN
  return Changes(
      _outputs(events, metas, index), time[index], down.astype(np.int64)
  )


def _check_ticks(raw, limits):
  """Raises a MidiError if a Score, still in int64, goes on for too long."""
  ends = raw.notes[:, ONSET] + raw.notes[:, DURATION]
  changes = (raw.tempi[:, 0], raw.meters[:, 0], raw.keys[:, 0])
  last = max(int(ticks.max(initial=0)) for ticks in (ends, *changes))
  limits.check('ticks', last)
  limits.check('quarters', last / raw.resolution)


def _seconds(score):
  """When the last note of a canonical Score ends."""
  last = end(score)
  tempi = score.tempi[score.tempi[:, 0] < last].astype(np.int64)
  ticks = np.concatenate([[0], tempi[:, 0], [last]])
  tempo = np.concatenate([[standard.DEFAULT_TEMPO], tempi[:, 1]])
  return np.diff(ticks) @ tempo / score.resolution / 1e6
