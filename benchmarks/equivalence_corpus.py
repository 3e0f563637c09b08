"""Small made-up MIDI files: chorales in four voices, and songs with drums.

Written without any of musiczoo's code, so that two of its revisions read the
very same bytes.
"""

import pathlib
import random
import struct

QUARTER = 480
CHORDS = ((0, 4, 7), (5, 9, 12), (7, 11, 14), (9, 12, 16), (2, 5, 9))
VOICES = (('Soprano', 72), ('Alto', 64), ('Tenor', 57), ('Bass', 48))
# Name, program, channel, lowest pitch.
PARTS = (
  ('Drums', 0, 9, 0),
  ('Bass', 33, 0, 36),
  ('Guitar', 25, 1, 52),
  ('Piano', 0, 2, 60),
  ('Strings', 48, 3, 55),
)
DRUMS = (36, 42, 38, 42)


def write_chorales(folder: pathlib.Path, count: int = 40) -> None:
  """Pieces of 8 to 11 bars of 4/4 in four voices."""
  folder.mkdir(parents=True)
  for i in range(count):
    rng = random.Random(i)
    key, bars = rng.randrange(-3, 4), 8 + i % 4
    tracks = [(name, 52, 0, []) for name, _ in VOICES]
    for quarter in range(4 * bars):
      chord = CHORDS[rng.randrange(len(CHORDS))]
      for (_, low), (*_, notes) in zip(VOICES, tracks):
        pitch = low + (rng.choice(chord) + 7 * key) % 12
        halves = rng.choice(((4,), (4,), (2, 2), (3, 1)))
        onset = QUARTER * quarter
        for sixteenths in halves:
          length = sixteenths * QUARTER // 4
          if rng.random() < 0.95:
            notes.append((onset, length, pitch, 80))
          onset, pitch = onset + length, pitch + rng.choice((-1, 1, 2))
    (folder / f'{i:02d}.mid').write_bytes(_file(tracks, key, [(0, 750_000)]))


def write_songs(folder: pathlib.Path, count: int = 40) -> None:
  """Songs of 8 to 11 bars of 4/4 with drums, two tempi and many velocities."""
  folder.mkdir(parents=True)
  for i in range(count):
    rng = random.Random(1000 + i)
    key, bars = rng.randrange(-3, 4), 8 + i % 4
    tracks = [(*part[:3], []) for part in PARTS]
    for quarter in range(4 * bars):
      chord = CHORDS[rng.randrange(len(CHORDS))]
      onset = QUARTER * quarter
      for (name, _, _, low), (*_, notes) in zip(PARTS, tracks):
        velocity = rng.randrange(40, 120)
        if name == 'Drums':
          half = QUARTER // 2
          notes += [
            (onset, half, DRUMS[quarter % 4], velocity),
            (onset + half, half, 42, velocity),
          ]
        elif name == 'Piano':
          notes += [
            (onset, QUARTER, low + (c + 7 * key) % 12, velocity) for c in chord
          ]
        elif rng.random() < 0.8:
          length = rng.choice((1, 2)) * QUARTER // 2
          pitch = low + (rng.choice(chord) + 7 * key) % 12
          notes.append((onset, length, pitch, velocity))
    tempi = [(0, 500_000), (8 * QUARTER, rng.choice((400_000, 600_000)))]
    (folder / f'{i:02d}.mid').write_bytes(_file(tracks, key, tempi))


def _file(tracks, key, tempi):
  """A format 1 file: name, program, channel and (onset, length, pitch, vel)s."""
  head = [
    (0, b'\xff\x58\x04\x04\x02\x18\x08'),
    (0, b'\xff\x59\x02' + struct.pack('bB', key, 0)),
  ]
  head += [(t, b'\xff\x51\x03' + us.to_bytes(3, 'big')) for t, us in tempi]
  chunks = [_track(head)]
  for name, program, channel, notes in tracks:
    events = [
      (0, b'\xff\x03' + bytes([len(name)]) + name.encode()),
      (0, bytes([0xC0 | channel, program])),
    ]
    moves = []
    for onset, length, pitch, velocity in notes:
      moves.append((onset, 1, bytes([0x90 | channel, pitch, velocity])))
      moves.append((onset + length, 0, bytes([0x80 | channel, pitch, 0])))
    events += [(tick, data) for tick, _, data in sorted(moves)]
    chunks.append(_track(events))
  header = struct.pack('>4sLHHH', b'MThd', 6, 1, len(chunks), QUARTER)
  return header + b''.join(chunks)


def _track(events):
  data, now = b'', 0
  for tick, message in events:
    data, now = data + _delta(tick - now) + message, tick
  data += b'\x00\xff\x2f\x00'
  return struct.pack('>4sL', b'MTrk', len(data)) + data


def _delta(ticks):
  out = bytes([ticks & 127])
  while ticks := ticks >> 7:
    out = bytes([ticks & 127 | 128]) + out
  return out
