"""MIDI files of events, of commented hex dumps and at random, as bytes."""

from collections import Counter
import random

END = bytes.fromhex('00 ff 2f 00')


def from_hex(dump: str) -> bytes:
  """The bytes of a hex dump; '#' begins a comment."""
  lines = dump.splitlines()
  return bytes.fromhex(' '.join(line.split('#')[0] for line in lines))


def quantity(value: int) -> bytes:
  """A variable-length quantity, of as many bytes as it needs."""
  groups = [value & 0x7F]
  while value := value >> 7:
    groups.append(value & 0x7F | 0x80)
  return bytes(reversed(groups))


def smf(*chunks: bytes, format=1, division=480, promised=None) -> bytes:
  """A file of track chunks, given without their headers."""
  promised = len(chunks) if promised is None else promised
  header = b''.join(x.to_bytes(2) for x in (format, promised, division))
  return b'MThd' + (6).to_bytes(4) + header + b''.join(map(track, chunks))


def track(events: bytes) -> bytes:
  """A track chunk."""
  return b'MTrk' + len(events).to_bytes(4) + events


def meta(type: int, data: bytes) -> bytes:
  """A meta event without its delta time."""
  return bytes([0xFF, type]) + quantity(len(data)) + data


def gs_part(part: int, kit: int) -> bytes:
  """GS makes a part drums, or not (kit 0); part 0 is channel 10."""
  head = bytes.fromhex('f0 0a 41 10 42 12 40')
  return head + bytes([0x10 | part, 0x15, kit, 0, 0xF7])


def wild_file(rng: random.Random, plain: bool = False) -> bytes:
  """A file of any type as no one should write it, yet within the standard.

  Few channels, pitches and ticks: notes overlap, hang, and end twice; the pedal
  is pressed twice; ports, programs and banks change anywhere; all notes are cut
  off; running status comes and goes. If `plain`, it has but one port, and notes
  end by note offs only.
  """
  format = rng.randrange(3)
  num = 1 if format == 0 else rng.randint(1, 4)
  chunks = [_wild_chunk(rng, rng.randrange(60), plain) for _ in range(num)]
  return smf(*chunks, format=format, division=rng.randint(1, 0x7FFF))


def _wild_chunk(rng, num_events, plain):
  out, running, open_notes = b'', None, Counter()
  for _ in range(num_events):
    out += quantity(rng.choice((0, 0, 0, 1, 2, 5, 200, 2**21)))
    event = _wild_event(rng, plain)
    if event[0] < 0xA0:
      is_on = event[0] >= 0x90 and event[2] > 0
      key = event[0] & 15, event[1]
      open_notes[key] = max(open_notes[key] + (1 if is_on else -1), 0)
    if event[0] < 0xF0:
      repeated = event[0] == running and rng.random() < 0.7
      running = event[0]
      event = event[repeated:]
    else:
      running = None
    out += event
  if plain:
    ends = (bytes([0, 0x80 | c, p, 0]) for c, p in open_notes.elements())
    out += b''.join(ends)
  return out + quantity(rng.choice((0, 3, 2**28 - 1))) + END[1:]


def _wild_event(rng, plain):
  channel, data = rng.choice((0, 0, 0, 1, 9)), rng.randrange(128)
  kind = rng.choices(
    (
      'note',
      'pedal',
      'program',
      'control',
      'bend',
      'sysex',
      'gs',
      'silence',
      *METAS,
    ),
    (12, 4, 2, 1, 1, 1, 0.3, not plain, not plain, 1, 1, 1, 1),
  )[0]
  if kind == 'note':
    status, pitch = rng.choice((0x90, 0x90, 0x80)), rng.choice((60, 61))
    return bytes([status | channel, pitch, rng.choice((0, 1, 9, 127))])
  if kind == 'pedal':
    control = rng.choice((64, 64, 66))
    return bytes([0xB0 | channel, control, rng.choice((0, 63, 64, 127))])
  if kind == 'silence':
    return bytes([0xB0 | channel, rng.choice((120, 123, 126)), 0])
  if kind == 'program':
    return bytes([0xC0 | channel, rng.choice((0, 5, 127))])
  if kind == 'control':
    control, value = rng.choice(((data % 120, 127 - data), (0, 127), (0, 0)))
    return bytes([0xB0 | channel, control, value])
  if kind == 'gs':
    return gs_part(rng.choice((0, 1, 2)), rng.choice((0, 1, 2)))
  if kind == 'bend':
    return bytes([0xE0 | channel, data, 127 - data])
  if kind == 'sysex':
    return bytes([0xF0, 2, data, 0xF7])
  return METAS[kind](rng)


METAS = {
  'port': lambda rng: meta(0x21, bytes([rng.choice((0, 0, 0, 1, 127))])),
  'name': lambda rng: meta(0x03, rng.choice((b'', b'a', b'\xe9', b'\xc3\xa9'))),
  'tempo': lambda rng: meta(0x51, rng.randint(1, 2**24 - 1).to_bytes(3)),
  'meter': lambda rng: meta(
    0x58, bytes([rng.randint(1, 255), rng.randrange(8), 24, 8])
  ),
  'key': lambda rng: meta(
    0x59, bytes([rng.randint(-7, 7) & 0xFF, rng.randrange(2)])
  ),
}


def mutate(rng: random.Random, data: bytes) -> bytes:
  """`data` with one to four injuries: flipped bits, cuts, lying lengths."""
  data = bytearray(data)
  for _ in range(rng.randint(1, 4)):
    at, other = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    kind = rng.randrange(8)
    if kind == 0:
      del data[at:]
    elif kind == 1:
      del data[at : at + rng.randint(1, 8)]
    elif kind == 2:
      data[at:at] = rng.randbytes(rng.randint(1, 8))
    elif kind == 3:
      data[at:at] = data[at : min(other, at + 64)]
    elif kind == 4:
      data[at : at + 8] = bytes([rng.choice((0, 0x7F, 0x80, 0xF0, 0xFF))]) * 8
    elif kind == 5:
      # The length of a chunk, if there is one.
      chunk = data.find(rng.choice((b'MThd', b'MTrk')), at)
      if chunk >= 0:
        length = rng.choice((0, 1, 2**31, 2**32 - 1, rng.randrange(2**10)))
        data[chunk + 4 : chunk + 8] = length.to_bytes(4)
    elif len(data):
      for _ in range(rng.randint(1, 8)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
  return bytes(data)
