"""Meta events: tempi, meters, keys, names and ports."""

from collections import Counter
import re
from typing import NamedTuple

import numpy as np

from musiczoo.music.midi import standard
from musiczoo.music.midi.events import Events, quantity

_CONTROLS = re.compile('[\x80-\x9f]')
_JAPANESE = re.compile('[\u3040-\u30ff]|[\u3000-\u9fff]{2}')


class Metas(NamedTuple):
  """M meta events of a file, a column each, in the order of the file.

  Attributes:
    events: the events they are among.
    index: int64 [M], where.
    type: uint8 [M].
    start: int64 [M], where in the file their bytes begin.
    length: int64 [M], how many there are.
  """

  events: Events
  index: np.ndarray
  type: np.ndarray
  start: np.ndarray
  length: np.ndarray


def find_metas(events: Events) -> Metas:
  """The meta events among `events`."""
  index = np.flatnonzero(events.status == standard.META)
  at = events.at[index]
  length, start = quantity(events.data, at + 1)
  return Metas(events, index, events.data[at], start, length)


def tempi(metas: Metas, repairs: Counter) -> np.ndarray:
  """int64 [K, 2]: tick, microseconds per quarter note."""
  tick, length, high, middle, low = _columns(metas, standard.TEMPO, 3)
  tempo = high << 16 | middle << 8 | low
  good = (length == 3) & (tempo > 0)
  repairs['tempo'] += np.count_nonzero(~good)
  return np.stack([tick, tempo], axis=1)[good]


def meters(metas: Metas, repairs: Counter) -> np.ndarray:
  """int64 [K, 3]: tick, numerator, denominator."""
  tick, length, numerator, power = _columns(metas, standard.METER, 2)
  good = (length >= 2) & (numerator > 0) & (power <= 7)
  repairs['meter'] += np.count_nonzero(~good)
  # The power is cut off where it would overflow, in rows that are not kept.
  denominator = 1 << np.minimum(power, 7)
  return np.stack([tick, numerator, denominator], axis=1)[good]


def keys(metas: Metas, repairs: Counter) -> np.ndarray:
  """int64 [K, 3]: tick, sharps (negative: flats), minor (0 or 1)."""
  tick, length, sharps, minor = _columns(metas, standard.KEY, 2)
  sharps = sharps.astype(np.int8).astype(np.int64)
  good = (length == 2) & (abs(sharps) <= 7) & (minor <= 1)
  repairs['key'] += np.count_nonzero(~good)
  return np.stack([tick, sharps, minor], axis=1)[good]


def ports(metas: Metas) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """(chunk, index of the first event it is for, port): int64 [K] each.

  The first port of a chunk is also for what stands before it at its tick.
  """
  events = metas.events
  chosen = np.flatnonzero((metas.type == standard.PORT) & (metas.length > 0))
  index = metas.index[chosen]
  port = events.data[metas.start[chosen]].astype(np.int64)
  chunk, first = np.unique(events.chunk[index], return_index=True)
  for number, at in zip(chunk.tolist(), first.tolist()):
    begin, end = np.searchsorted(events.chunk, [number, number + 1])
    tick = events.tick[begin:end]
    index[at] = begin + np.searchsorted(tick, events.tick[index[at]])
  return events.chunk[index], index, port


def names(metas: Metas) -> dict[int, str]:
  """{track chunk: its first name}."""
  found = {}
  chosen = np.flatnonzero(metas.type == standard.NAME)
  chunks = metas.events.chunk[metas.index[chosen]]
  for chunk, i in zip(chunks.tolist(), chosen.tolist()):
    if chunk not in found:
      start, length = metas.start[i], metas.length[i]
      found[chunk] = _text(metas.events.data[start : start + length].tobytes())
  return found


def _columns(metas, type, num):
  """The tick, length and first `num` bytes of each meta event of a type."""
  chosen = metas.type == type
  start = metas.start[chosen]
  data = (metas.events.data[start + i].astype(np.int64) for i in range(num))
  return metas.events.tick[metas.index[chosen]], metas.length[chosen], *data


def _text(data):
  """Text in UTF-8 or an older encoding, which a file does not name.

  Latin-1 has control characters where Shift-JIS begins its kana and where
  Windows has quotation marks. Japanese words have kana, or several kanji.
  """
  for encoding in 'utf-8', 'latin-1', 'shift_jis', 'cp1252':
    try:
      text = data.decode(encoding)
    except UnicodeDecodeError:
      continue
    if encoding == 'latin-1' and _CONTROLS.search(text):
      continue
    if encoding == 'shift_jis' and not _JAPANESE.search(text):
      continue
    return text
  return data.decode('latin-1')
