"""The bytes of a sound MIDI file walk in, a Score walks out, by plain loops.

mido parses; the rest says in the simplest words what `musiczoo.midi.read` does
with arrays. Slow, and read by no one but the tests.
"""

from collections import Counter, defaultdict, deque
import io

import mido
import numpy as np

from musiczoo.score import canonical, Score, Track


def read(data: bytes, pedal: bool = True) -> tuple[Score, Counter]:
  """The Score, and the numbers of hanging, unmatched and empty notes."""
  file = mido.MidiFile(file=io.BytesIO(data))
  messages, names = _in_order(file)
  notes, repairs = _pair(messages)

  program, down, ringing = defaultdict(int), set(), defaultdict(list)
  last = max((note['off'] for note in notes.values()), default=0)
  by_off = {note['off']: note for note in notes.values()}
  for time, (_, _, port, message) in enumerate(messages):
    output = (port, getattr(message, 'channel', None))
    if message.type == 'program_change':
      program[output] = message.program
    elif message.type == 'control_change' and message.control == 64:
      if message.value >= 64:
        down.add(output)
      else:
        down.discard(output)
        for (one, _), held in ringing.items():
          if one == output:
            _silence(held, time)
    elif time in notes:
      notes[time]['program'] = program[output]
      _silence(ringing[output, message.note], time)
    elif time in by_off:
      by_off[time]['end'] = time
      if pedal and output in down and output[1] != 9:
        ringing[output, message.note].append(by_off[time])
  for held in ringing.values():
    _silence(held, last)

  rows, tracks = [], {}
  ticks = [tick for tick, *_ in messages]
  for on, note in notes.items():
    tick, chunk, port, message = messages[on]
    key = (chunk, port, message.channel, note['program'])
    tracks[key] = Track(
        note['program'], message.channel == 9, names.get(chunk, '')
    )
    duration = ticks[note['end']] - tick
    repairs['zero_length'] += not duration
    rows.append((tick, duration, message.note, message.velocity, key))
  order = sorted(tracks)
  rows = [(*row, order.index(key)) for *row, key in rows]
  score = Score(
      notes=np.array(rows, np.int32).reshape(-1, 5),
      tracks=tuple(tracks[key] for key in order),
      resolution=file.ticks_per_beat,
      **_changes(messages),
  )
  return canonical(score), +repairs


def _in_order(file):
  """[(tick, chunk, port, message)] as they are heard, and {chunk: name}."""
  messages, names, begin = [], {}, 0
  for chunk, track in enumerate(file.tracks):
    now, port = begin, 0
    for message in track:
      now += message.time
      if message.type == 'midi_port':
        port = message.port
      if message.type == 'track_name':
        raw = message.name.encode('latin-1')
        try:
          names.setdefault(chunk, raw.decode())
        except UnicodeDecodeError:
          names.setdefault(chunk, raw.decode('latin-1'))
      messages.append((now, chunk, port, message))
    if file.type == 2:
      begin = now
  return sorted(messages, key=lambda message: message[0]), names


def _pair(messages):
  """{time of the note on: note}; a time is a place in `messages`."""
  sounding, notes, repairs = defaultdict(deque), {}, Counter()
  for time, (_, chunk, port, message) in enumerate(messages):
    if message.type not in ('note_on', 'note_off'):
      continue
    waiting = sounding[chunk, port, message.channel, message.note]
    if message.type == 'note_on' and message.velocity:
      waiting.append(time)
    elif waiting:
      notes[waiting.popleft()] = {'off': time, 'end': time}
    else:
      repairs['unmatched_off'] += 1
  repairs['hanging'] = sum(map(len, sounding.values()))
  return notes, repairs


def _silence(held, time):
  for note in held:
    note['end'] = time
  held.clear()


def _changes(messages):
  tempi, meters, keys = [], [], []
  for tick, _, _, message in messages:
    if message.type == 'set_tempo':
      tempi.append((tick, message.tempo))
    elif message.type == 'time_signature':
      meters.append((tick, message.numerator, message.denominator))
    elif message.type == 'key_signature':
      sharps, minor = _key(message.key)
      keys.append((tick, sharps, minor))
  return {
      'tempi': np.array(tempi, np.int32).reshape(-1, 2),
      'meters': np.array(meters, np.int32).reshape(-1, 3),
      'keys': np.array(keys, np.int32).reshape(-1, 3),
  }


def _key(name):
  minor = name.endswith('m')
  tonic = name.removesuffix('m')
  fifths = 'FCGDAEB'.index(tonic[0]) - 1
  accidentals = tonic.count('#') - tonic.count('b')
  return fifths + 7 * accidentals - 3 * minor, int(minor)
