"""Durations as written note values: dots, triplets and ties.

Times are units of `PER_QUARTER` to a quarter note. Positions in a bar count
from its first beat; those of a pick-up end where a full bar ends.
"""

from collections.abc import Sequence
from typing import NamedTuple

PER_QUARTER = 48

# Units -> type and dots, as MusicXML names them.
_TYPES = {
  384: 'breve',
  192: 'whole',
  96: 'half',
  48: 'quarter',
  24: 'eighth',
  12: '16th',
  6: '32nd',
  3: '64th',
}
_PLAIN = {units: (name, 0) for units, name in _TYPES.items()}
_PLAIN |= {3 * u // 2: (name, 1) for u, name in _TYPES.items() if u > 3}
_PLAIN = dict(sorted(_PLAIN.items(), reverse=True))
# In a triplet three notes last as long as two.
_TRIPLET = {2 * u // 3: (name, 0) for u, name in _TYPES.items() if u < 96}
_TRIPLET |= {u: (name, 1) for u, name in _TYPES.items() if u < 48}
_TRIPLET |= {1: ('128th', 0)}
_TRIPLET = dict(sorted(_TRIPLET.items(), reverse=True))

_BEAMS = {'eighth': 1, '16th': 2, '32nd': 3, '64th': 4, '128th': 5}


class Value(NamedTuple):
  """One written note or rest.

  Attributes:
    start, end: positions in the bar, in units.
    type: 'quarter', 'eighth', ..., as MusicXML names it.
    dots: 0 or 1.
    triplet: positions at which its triplet begins and ends; None outside one.
  """

  start: int
  end: int
  type: str
  dots: int
  triplet: tuple[int, int] | None = None

  @property
  def beams(self) -> int:
    """Beams or flags: 1 of an eighth note."""
    return _BEAMS.get(self.type, 0)


class Meter(NamedTuple):
  """How a bar is divided.

  Attributes:
    sizes: units of the bar, of its parts, their parts and so on.
    beam: units within which notes share a beam.
    compound: units of a beat of three parts; 0 if there is none.
  """

  sizes: tuple[int, ...]
  beam: int
  compound: int


def meter(numerator: int, denominator: int) -> Meter:
  """The division of a bar, such as 4/4: halves, quarters, eighths, ..."""
  unit = max(4 * PER_QUARTER // denominator, 3)
  compound = numerator % 3 == 0 and numerator > 3 and denominator >= 8
  beat = 3 * unit if compound else unit
  sizes = [numerator * unit]
  if numerator * unit == 4 * beat:
    sizes.append(2 * beat)
  sizes += [beat, unit]
  while sizes[-1] % 2 == 0:
    sizes.append(sizes[-1] // 2)
  beam = beat if beat >= PER_QUARTER or compound else PER_QUARTER
  if numerator == 3 and denominator >= 8:
    beam = sizes[0]
  distinct = tuple(dict.fromkeys(sizes))
  return Meter(distinct, beam, beat if compound else 0)


def triplets(cuts: Sequence[int], end: int) -> list[tuple[int, int]]:
  """Where a voice needs triplets: the smallest spans that hold them.

  Args:
    cuts: positions at which its notes begin and end.
    end: of the bar.

  Returns:
    First and last position of each span. It lasts two quarters, one, or an
    even part of one.
  """
  cuts = sorted({*cuts, end})
  found = []
  for start in range(0, end, 2 * PER_QUARTER):
    last = start + 2 * PER_QUARTER
    within = [c for c in cuts if start < c < last]
    if last <= end and all((c - start) % 32 == 0 for c in within):
      found += [(start, last)] if within else []
    else:
      for half in start, start + PER_QUARTER:
        found += _triplets(cuts, half, PER_QUARTER, end)
  return found


def _triplets(cuts, start, size, end):
  within = [c for c in cuts if start < c < start + size]
  if not any(c % 3 for c in within):
    return []
  middle = start + size // 2
  if size > PER_QUARTER // 4 and middle in within:
    halves = start, middle
    return [t for s in halves for t in _triplets(cuts, s, size // 2, end)]
  return [(start, min(start + size, end))]


def split(
  start: int,
  end: int,
  meter: Meter,
  spans: Sequence[tuple[int, int]],
  *,
  rest: bool = False,
) -> list[Value]:
  """The written values of a note or rest, to be tied if several.

  Args:
    start, end: positions in the bar.
    meter: of the bar.
    spans: `triplets` of the voice.
    rest: whether it is a rest, which never crosses a beat half way.
  """
  values, at = [], start
  while at < end:
    inside = [s for s in spans if s[0] <= at < s[1]]
    if inside:
      last = min(end, inside[0][1])
      length = next(u for u in _TRIPLET if u <= last - at)
      values.append(Value(at, at + length, *_TRIPLET[length], inside[0]))
    else:
      last = min([end, *(s[0] for s in spans if s[0] > at)])
      # A whole rest stands for any full bar.
      most = min(last - at, 4 * PER_QUARTER - 1) if rest else last - at
      length = next(
        u
        for u in _PLAIN
        if u <= most and (u == 3 or _reads(at, at + u, meter, rest))
      )
      values.append(Value(at, at + length, *_PLAIN[length]))
    at += length
  return values


def _reads(start, end, meter, rest):
  """Whether one value from start to end leaves the meter visible.

  It may cross a division if it begins and ends on divisions of that size, or,
  if it is less than two of them long, of the next smaller size: so in 4/4 a
  half note may begin on the second beat, a quarter note not on the fourth
  eighth.
  """
  for size, finer in zip(meter.sizes[1:], [*meter.sizes[2:], 1]):
    if start // size != (end - 1) // size:
      aligned = start % size == 0 and end % size == 0
      strict = rest or size == meter.compound
      finely = start % finer == 0 and end % finer == 0
      return aligned or (not strict and finely and end - start < 2 * size)
  return True


def beams(values: Sequence[Value | None], meter: Meter) -> list[list[str]]:
  """The beams of each value of a voice in a bar, as MusicXML names them.

  Args:
    values: in order; None stands for a rest.
    meter: of the bar.

  Returns:
    For each value its beams from the first, the outermost, on.
  """
  groups, last = [], None
  for i, value in enumerate(values):
    beat = None
    if value is not None and value.beams:
      beat = value.start // meter.beam
      if beat != last:
        groups.append([])
      groups[-1].append(i)
    last = beat
  found = [[] for _ in values]
  for group in groups:
    counts = [0, *(values[i].beams for i in group), 0]
    for k, i in enumerate(group, 1):
      if len(group) > 1:
        found[i] = [
          _beam(level < counts[k - 1], level < counts[k + 1], k == 1)
          for level in range(counts[k])
        ]
  return found


def _beam(before, after, first):
  if before:
    return 'continue' if after else 'end'
  if after:
    return 'begin'
  return 'forward hook' if first else 'backward hook'
