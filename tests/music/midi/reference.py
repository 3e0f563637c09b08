"""The reference reader: an undamaged MIDI file -> a Score, by plain loops.

mido parses; the rest says in the simplest words what `musiczoo.midi.read` does
with arrays. Slow, and read by no one but the tests.
"""

from collections import Counter, defaultdict, deque
import io

import mido
import numpy as np

from musiczoo.music.score import canonical, Score, Track


def read(data: bytes, pedal: bool = True) -> tuple[Score, Counter]:
  """The Score, and the numbers of what is repaired of notes and changes."""
  file = mido.MidiFile(file=io.BytesIO(data))
  messages, names = _in_order(file)
  notes, repairs = _pair(messages)

  pedals = {64: set(), 66: set()}  # Outputs on which each is down.
  state, ringing, ends = defaultdict(dict), defaultdict(list), defaultdict(list)
  for note in notes.values():
    ends[note['off']].append(note)
  last = max(ends, default=0)
  gs = any(m.type == 'sysex' and _is_gs(m.data) for *_, m in messages)

  def release(output, time):
    """Ends what no pedal of an output holds any more."""
    for held in (h for (one, _), h in ringing.items() if one == output):
      for note in list(held):
        if not (note['caught'] or output in pedals[64]):
          note['end'] = time
          held.remove(note)

  for time, (_, _, port, message) in enumerate(messages):
    output = (port, getattr(message, 'channel', None))
    now = state[output]
    if message.type == 'program_change':
      now['program'] = message.program
      now['xg'] = now.get('bank') == 127 and not gs
    elif message.type == 'sysex' and _is_gs(message.data):
      if (part := _gs_part(message.data)) is not None:
        channel, is_kit = part
        state[port, channel]['gs'] = is_kit
    elif time in notes:
      note = notes[time]
      _silence(ringing[output, message.note], time)
      drums = now.get('gs', output[1] == 9) or now.get('xg', False)
      note |= {'program': now.get('program', 0), 'drums': drums}
    elif message.type == 'control_change':
      control, down = message.control, message.value >= 64
      if control == 0:
        now['bank'] = message.value
      elif control in pedals:
        if control == 66 and down != (output in pedals[66]):
          for on, note in notes.items():
            if (
              note['output'] == output
              and on < time
              and (time < note['off'] or not down)
            ):
              note['caught'] = down
        (set.add if down else set.discard)(pedals[control], output)
        release(output, time)
      elif control == 120:
        for (one, _), held in ringing.items():
          if one == output:
            _silence(held, time)
    for note in ends[time]:
      note['end'] = time
      held = note['caught'] or note['output'] in pedals[64]
      sound_off = getattr(message, 'control', None) == 120
      key = note['output'], messages[note['on']][3].note
      again = time in notes and key == (output, message.note)
      if pedal and held and not (note['drums'] or sound_off or again):
        ringing[key].append(note)
  for held in ringing.values():
    _silence(held, last)

  rows, tracks = [], {}
  ticks = [tick for tick, *_ in messages]
  for on, note in sorted(notes.items()):
    tick, chunk, port, message = messages[on]
    key = (chunk, port, message.channel, note['drums'], note['program'])
    tracks[key] = Track(note['program'], note['drums'], names.get(chunk, ''))
    duration = ticks[note['end']] - tick
    repairs['zero_length'] += not duration
    rows.append((tick, duration, message.note, message.velocity, key))
  order = sorted(tracks)
  rows = [(*row, order.index(key)) for *row, key in rows]
  changes = _changes(messages)
  if rows:
    ends = max(onset + duration for onset, duration, *_ in rows)
    for name, found in changes.items():
      changes[name] = found[found[:, 0] <= ends]
      repairs['late'] += len(found) - len(changes[name])
  score = Score(
    notes=np.array(rows, np.int32).reshape(-1, 5),
    tracks=tuple(tracks[key] for key in order),
    resolution=file.ticks_per_beat,
    **changes,
  )
  return canonical(score), +repairs


def _in_order(file):
  """[(tick, chunk, port, message)] in the order of playing, and {chunk: name}."""
  messages, names, begin = [], {}, 0
  for chunk, track in enumerate(file.tracks):
    now, port, first = begin, 0, len(messages)
    has_port = False
    for message in track:
      if message.time:
        first = len(messages)  # Of the messages of this tick.
      now += message.time
      if message.type == 'midi_port':
        port = message.port
        if not has_port:
          has_port = True
          messages[first:] = [(*m[:2], port, m[3]) for m in messages[first:]]
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


def _is_gs(data):
  return data[:1] == (0x41,) and data[2:4] == (0x42, 0x12)


def _gs_part(data):
  """(channel, whether it is drums now), None if it says something else."""
  if len(data) != 9 or data[4] != 0x40 or data[5] >> 4 != 1 or data[6] != 0x15:
    return None
  part = data[5] & 15
  return 9 if part == 0 else part - 1 if part < 10 else part, data[7] > 0


def _pair(messages):
  """{time of the note on: note}; a time is a place in `messages`."""
  sounding, notes, repairs = defaultdict(deque), {}, Counter()
  silenced, since, begun = set(), defaultdict(list), defaultdict(list)

  def ended(on, off):
    _, _, port, message = messages[on]
    output = port, message.channel
    notes[on] = {
      'on': on,
      'off': off,
      'end': off,
      'output': output,
      'caught': False,
    }

  for time, (_, chunk, port, message) in enumerate(messages):
    if message.type == 'control_change':
      if message.control == 120 or message.control >= 123:
        silenced.add((port, message.channel))
        for key, waiting in sounding.items():
          if key[1:3] == (port, message.channel):
            while waiting:
              ended(waiting.popleft(), time)
            since[key].clear()
    if message.type not in ('note_on', 'note_off'):
      continue
    key = chunk, port, message.channel, message.note
    waiting, is_on = sounding[key], message.type == 'note_on'
    since[key].append(time)
    if is_on and message.velocity:
      waiting.append(time)
      begun[key[:3]].append(time)
    elif waiting:
      ended(waiting.popleft(), time)
    elif (port, message.channel) not in silenced:
      repairs['unmatched_off'] += 1
    if not waiting:
      since[key].clear()
  last = max(
    (t for t, m in enumerate(messages) if m[3].type in ('note_on', 'note_off')),
    default=0,
  )
  for key, waiting in sounding.items():
    if waiting:
      found = since[key], begun[key[:3]], last
      unmatched = _restrike(messages, *found, ended, repairs)
      repairs['unmatched_off'] += unmatched * (key[1:3] not in silenced)
  return notes, repairs


def _restrike(messages, times, begun, last, ended, repairs):
  """Each note of a pitch ends with its next message, else the next one `begun`.

  Returns the number of note offs that end nothing.
  """
  is_on = lambda t: messages[t][3].type == 'note_on' and messages[t][3].velocity
  later = lambda t, than: messages[t][0] > messages[than][0]
  used = set()
  for time in filter(is_on, times):
    found = [t for t in times if t > time and (not is_on(t) or later(t, time))]
    if found:
      ended(time, found[0])
      used.add(found[0])
      repairs['restruck'] += bool(is_on(found[0]))
    else:
      ended(time, next((t for t in begun if later(t, time)), last))
      repairs['hanging'] += 1
  return sum(not is_on(t) and t not in used for t in times)


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
