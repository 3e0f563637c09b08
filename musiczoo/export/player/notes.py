"""What a model wrote walks in, an array; a MIDI file walks out.

In between notes are int [N, 5]: onset and duration in steps, pitch, velocity and
track; tracks are (program, drums, name); tempi {step: microseconds a quarter}.
"""

import mido
import numpy as np

GRID = 4  # Steps of a quarter note, as play.py has it.


def from_cells(x, low):
  """Lines [T, V] of 2 * symbol + struck -> notes; symbol 0 is a rest."""
  symbol, before = x // 2, np.pad(x // 2, [(1, 0), (0, 0)])[:-1]
  begins = (symbol != before) | (x % 2 == 1) & (symbol > 0)
  line, on = np.nonzero(begins.T)
  last = np.append(line[1:] != line[:-1], True)
  end = np.where(last, len(x), np.append(on[1:], 0))
  columns = on, end - on, symbol[on, line] + low - 1, 80, line
  notes = np.stack(np.broadcast_arrays(*columns), axis=1)
  return notes[symbol[on, line] > 0]


def from_roll(sounds, is_onset, low):
  """bool [T, tracks, pitches] -> notes, from a strike or a rise to what ends it."""
  begins = sounds & (is_onset | ~np.pad(sounds, [(1, 0), (0, 0), (0, 0)])[:-1])
  ends = np.append(begins | ~sounds, np.ones_like(sounds[:1]), axis=0)
  step = np.where(ends, np.arange(len(ends))[:, None, None], len(ends))
  after = np.minimum.accumulate(step[::-1])[::-1]
  on, track, key = np.nonzero(begins)
  columns = on, after[on + 1, track, key] - on, key + low, 80, track
  return np.stack(np.broadcast_arrays(*columns), axis=1)


def from_events(x, length):
  """Tokens -> what is heard before a step: notes, tracks, tempi."""
  tracks, same, begun, notes, tempi = [], {}, {}, [], {}
  kind, nth, track, now, loud, change, digits = 385, 0, None, 0, 80, 0, []
  for token in x[: np.append(x, 0).argmin()].tolist():  # 0 is the end.
    if 645 <= token < 773:  # A digit of a tempo, a meter or a key.
      digits.append(token - 645)
      if change == 642 and len(digits) == 4:
        tempo = sum(d << 7 * i for i, d in enumerate(digits[::-1]))
        if 0 < tempo < 1 << 24 and now < length:
          tempi[now] = tempo
      continue
    change, digits = token, []
    if 385 <= token < 641:  # The first track of a program or kit,
      kind, nth, track = token, 0, None
    elif token == 641 and track is not None:  # or the next one.
      nth, track = nth + 1, None
    if track is None and (129 <= token < 257 or 385 <= token < 641 or nth):
      places = same.setdefault(kind, [])
      if nth == len(places):
        places.append(len(tracks))
        tracks.append(((kind - 385) % 128, kind >= 513, ''))
      track = places[nth]
    if token < 129:  # A note ends, or begins.
      held = begun.get((track, token - 1))
      if held and held[0][0] < now:
        on, velocity = held.pop(0)
        notes.append((on, now, token - 1, velocity, track))
    elif token < 257:
      begun.setdefault((track, token - 129), []).append((now, loud))
    loud = token - 257 if 257 < token < 385 else loud
    now += max(token - 772, 0)
  for (track, pitch), held in begun.items():
    notes += [(on, max(now, on + 1), pitch, v, track) for on, v in held]
  notes = np.array(notes, int).reshape(-1, 5)
  notes[:, 1] = np.minimum(notes[:, 1], length) - notes[:, 0]
  return notes[notes[:, 1] > 0], tracks, tempi


def to_midi(path, notes, tracks, tempi):
  """Steps of the grid -> ticks of a MIDI file, each track on its channel."""
  ticks = lambda step: (960 * step + GRID) // (2 * GRID)
  tempi = sorted(tempi.items()) or [(0, 750000)]  # 80 quarter notes a minute.
  chunks = [
    [(ticks(s), mido.MetaMessage('set_tempo', tempo=t)) for s, t in tempi]
  ]
  drums = iter([(port, 9) for port in range(128)])
  others = iter([(p, c) for p in range(128) for c in range(16) if c != 9])
  used = np.unique(notes[:, 4]).tolist()
  outputs = {i: next(drums if tracks[i][1] else others) for i in used}
  for i, (port, channel) in outputs.items():
    program, _, name = tracks[i]
    events = [(0, mido.MetaMessage('track_name', name=name))] * bool(name)
    if max(outputs.values())[0]:
      events.append((0, mido.MetaMessage('midi_port', port=port)))
    is_onset, to = [], {'channel': channel}
    events.append((0, mido.Message('program_change', program=program, **to)))
    for on, steps, pitch, loud, _ in sorted(notes[notes[:, 4] == i].tolist()):
      is_onset.append((ticks(on), 'note_on', pitch, loud))
      is_onset.append((ticks(on + steps), 'note_off', pitch, 0))
    for tick, kind, note, loud in sorted(is_onset, key=lambda event: event[:3]):
      events.append((tick, mido.Message(kind, note=note, velocity=loud, **to)))
    chunks.append(events)
  file = mido.MidiFile(type=1, ticks_per_beat=480, charset='utf-8')
  for events in chunks:
    times = np.diff([tick for tick, _ in events], prepend=0).tolist()
    timed = [event.copy(time=t) for t, (_, event) in zip(times, events)]
    file.tracks.append(mido.MidiTrack(timed))
  file.save(path)
