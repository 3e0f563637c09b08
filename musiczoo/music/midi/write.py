"""Writing of a Score as a standard MIDI file (type 1), tick for tick."""

import io
import itertools
import os

import mido
import numpy as np

from musiczoo.errors import UserError
from musiczoo.music.files import write_output
from musiczoo.music.midi.standard import DRUM_CHANNEL, KEY
from musiczoo.music.score import (
  canonical,
  DURATION,
  ONSET,
  PITCH,
  Score,
  TRACK,
  VELOCITY,
)

MELODIC_CHANNELS = tuple(c for c in range(16) if c != DRUM_CHANNEL)
LAST_PORT = 127
LAST_TICK = 2**28 - 1  # The largest delta time: four bytes of seven bits.
LAST_TEMPO = 2**24 - 1


def write(score: Score, path: str | os.PathLike) -> None:
  """Writes `score` to `path`: the whole file or, on any error, nothing.

  Args:
    score: the Score.
    path: where to write; a file that is there is replaced.

  Raises:
    UserError: MIDI can't represent the Score, or `path` can't be written.
  """
  write_output(path, to_bytes(score))


def to_bytes(score: Score) -> bytes:
  """The bytes of the MIDI file: the same Score gives the same bytes.

  A conductor chunk holds tempi, meters and keys; then each track has a chunk
  and a (port, channel) of its own, so that no program change of one track is
  played by another. `read` gives `canonical(score)` back.

  Raises:
    UserError: MIDI can't represent the Score.
  """
  _check(score)
  score = canonical(score)
  file = mido.MidiFile(
    type=1, ticks_per_beat=int(score.resolution), charset='utf-8'
  )
  file.tracks.append(_conductor(score))
  outputs = _outputs(score.tracks)
  several_ports = any(port for port, _ in outputs)
  for index, (track, (port, channel)) in enumerate(zip(score.tracks, outputs)):
    first = []
    if track.name:
      first.append(mido.MetaMessage('track_name', name=track.name))
    if several_ports:
      first.append(mido.MetaMessage('midi_port', port=port))
    program = {'channel': channel, 'program': track.program}
    first.append(mido.Message('program_change', **program))
    notes = score.notes[score.notes[:, TRACK] == index]
    events = [(0, message) for message in first]
    file.tracks.append(_chunk(events + _note_events(notes, channel)))
  buffer = io.BytesIO()
  file.save(file=buffer)
  return buffer.getvalue()


def _conductor(score):
  meta = mido.MetaMessage
  events = [
    (tick, meta('set_tempo', tempo=tempo))
    for tick, tempo in score.tempi.tolist()
  ]
  events += [
    (tick, meta('time_signature', numerator=above, denominator=below))
    for tick, above, below in score.meters.tolist()
  ]
  # As two bytes, since mido takes only names of keys.
  events += [
    (tick, mido.UnknownMetaMessage(KEY, (sharps & 0xFF, minor)))
    for tick, sharps, minor in score.keys.tolist()
  ]
  return _chunk(sorted(events, key=lambda event: event[0]))


def _note_events(notes, channel):
  """Note ons and offs in the order of time; at one tick the offs come first.

  Notes of one pitch that begin together keep their order, for a note off ends
  the first of them.
  """
  onset, pitch = notes[:, ONSET], notes[:, PITCH]
  tick = np.concatenate([onset, onset + notes[:, DURATION]])
  velocity = np.concatenate([notes[:, VELOCITY], np.zeros_like(onset)])
  pitch = np.concatenate([pitch, pitch])
  order = np.lexsort((pitch, velocity > 0, tick))
  events = []
  for column in np.stack([tick, pitch, velocity])[:, order].T.tolist():
    tick, note, velocity = column
    kind = 'note_on' if velocity else 'note_off'
    # `_check` has checked the values; mido's own checks take half of the time.
    message = mido.Message(
      kind, skip_checks=True, channel=channel, note=note, velocity=velocity
    )
    events.append((tick, message))
  return events


def _chunk(events):
  """[(tick, message)] in the order of time -> an MTrk with delta times."""
  chunk, now = mido.MidiTrack(), 0
  for tick, message in events:
    message.time, now = tick - now, tick
    chunk.append(message)
  return chunk  # mido ends it: a chunk is saved with an end-of-track.


def _outputs(tracks):
  """The (port, channel) of each track: no two tracks share one."""
  melodic = itertools.product(range(LAST_PORT + 1), MELODIC_CHANNELS)
  drums = itertools.product(range(LAST_PORT + 1), (DRUM_CHANNEL,))
  try:
    return [next(drums if track.drums else melodic) for track in tracks]
  except StopIteration:
    raise UserError(
      f'{len(tracks)} tracks are more than MIDI has room for: '
      f'{LAST_PORT + 1} ports with {len(MELODIC_CHANNELS)} instruments and '
      'one drum kit each; merge some tracks'
    ) from None


def _check(score):
  """Raises a UserError for the first value that MIDI has no room for."""
  notes, tempi, meters, keys = (
    np.asarray(rows, np.int64).reshape(-1, width)
    for rows, width in (
      (score.notes, 5),
      (score.tempi, 2),
      (score.meters, 3),
      (score.keys, 3),
    )
  )
  changes = np.concatenate([tempi[:, 0], meters[:, 0], keys[:, 0]])
  ends = notes[:, ONSET] + np.maximum(notes[:, DURATION], 1)
  programs = [track.program for track in score.tracks]
  for name, values, low, high in (
    ('resolution', [score.resolution], 1, 2**15 - 1),
    ('onset', notes[:, ONSET], 0, LAST_TICK),
    ('end of a note', ends, 0, LAST_TICK),
    ('pitch', notes[:, PITCH], 0, 127),
    # A note on of velocity 0 is a note off.
    ('velocity', notes[:, VELOCITY], 1, 127),
    ('track', notes[:, TRACK], 0, len(score.tracks) - 1),
    ('program', programs, 0, 127),
    ('tick', changes, 0, LAST_TICK),
    ('tempo', tempi[:, 1], 1, LAST_TEMPO),
    ('numerator', meters[:, 1], 1, 255),
    ('denominator', meters[:, 2], 1, 128),
    ('sharps', keys[:, 1], -7, 7),
    ('minor', keys[:, 2], 0, 1),
  ):
    values = np.asarray(values, np.int64)
    wrong = values[(values < low) | (values > high)]
    if len(wrong):
      raise _impossible(f'{name} {wrong[0]}', f'keep it within {low}..{high}')
  odd = meters[(meters[:, 2] & (meters[:, 2] - 1)) != 0, 2]
  if len(odd):
    raise _impossible(f'denominator {odd[0]}', 'use a power of two')
  for track in score.tracks:
    try:
      track.name.encode()
    except UnicodeEncodeError:
      name = f'track name {track.name!r}'
      raise _impossible(name, 'use characters that UTF-8 has') from None


def _impossible(what, way_out):
  return UserError(f'{what} cannot be written to MIDI; {way_out}')
