"""Events and commented hex dumps walk in, the bytes of MIDI files walk out."""

from hypothesis import strategies as st

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


@st.composite
def wild_chunks(draw) -> bytes:
  """A track as no one should write it, yet within the standard.

  Few channels, pitches and ticks: notes overlap, hang, and end twice; the pedal
  is pressed twice; ports and programs change anywhere; running status comes and
  goes.
  """
  channel = st.sampled_from((0, 1, 9))
  data = st.integers(0, 127)
  notes = st.tuples(
      st.sampled_from((0x90, 0x90, 0x80)),
      channel,
      st.sampled_from((60, 61)),
      st.sampled_from((0, 1, 64, 127)),
  )
  controls = st.one_of(
      st.tuples(st.just(0xC0), channel, st.sampled_from((0, 5, 127))),
      st.tuples(
          st.just(0xB0), channel, st.just(64), st.sampled_from((0, 63, 64, 127))
      ),
      st.builds(meta, st.just(0x21), st.sampled_from((b'\x00', b'\x01'))),
  )
  others = st.one_of(
      st.tuples(st.just(0xB0), channel, data, data),
      st.tuples(st.just(0xE0), channel, data, data),
      st.builds(meta, st.just(0x03), st.binary(max_size=3)),
      st.builds(
          meta, st.just(0x51), st.integers(1, 2**24 - 1).map(_three_bytes)
      ),
      st.builds(
          meta,
          st.just(0x58),
          st.tuples(
              st.integers(1, 255), st.integers(0, 7), data, data
          ).map(bytes),
      ),
      st.builds(
          meta,
          st.just(0x59),
          st.tuples(st.integers(-7, 7), st.integers(0, 1)).map(
              lambda key: bytes([key[0] & 0xFF, key[1]])
          ),
      ),
      st.lists(data, max_size=3).map(
          lambda values: bytes([0xF0, len(values), *values])
      ),
  )
  delta = st.sampled_from((0, 0, 0, 1, 2, 5, 200, 2**21))
  event = st.one_of(notes, notes, notes, controls, controls, others)
  size = draw(st.integers(0, 40))
  events = st.lists(
      st.tuples(delta, event, st.booleans()), min_size=size, max_size=size
  )
  out, running = b'', None
  for ticks, event, repeat in draw(events):
    out += quantity(ticks)
    if isinstance(event, bytes):
      out += event
      running = None
      continue
    kind, channel, *data = event
    status = kind | channel
    out += bytes(data if running == status and not repeat else [status, *data])
    running = status
  return out + quantity(draw(delta)) + END[1:]


@st.composite
def wild_files(draw) -> bytes:
  """A file of wild chunks, of any type."""
  format = draw(st.integers(0, 2))
  most = 1 if format == 0 else 4
  chunks = draw(st.lists(wild_chunks(), min_size=1, max_size=most))
  return smf(*chunks, format=format, division=draw(st.integers(1, 0x7FFF)))


def _three_bytes(value):
  return value.to_bytes(3)
