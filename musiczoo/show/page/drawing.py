"""The SVG of Verovio as compact shapes, bar by bar.

A shape is a list: `[code, x, y]`, a glyph of the music font; `[x, y, x, y,
width]`, a line; or a string, the data of a filled path. Lengths are units, 36
to the distance of two lines of a staff.
"""

from collections.abc import Iterator, Sequence
import re
from typing import NamedTuple
import xml.etree.ElementTree as ET

_DOWN = 5  # Verovio's units in one of ours.
_GLYPH_SIZE = 0.72  # Of Verovio's glyphs but for grace notes.
# The parts of a chord symbol that are glyphs of the music font (SMuFL).
_ACCIDENTALS = {
  0xE260: '\u266d',
  0xE261: '\u266e',
  0xE262: '\u266f',
  0xED60: '\u266d',
  0xED61: '\u266e',
  0xED62: '\u266f',
  0xEA64: '\u266d',
  0xEA65: '\u266e',
  0xEA66: '\u266f',
}
_HEADS = 'clef', 'keySig', 'meterSig'
# Drawn by the page, or of no use there.
_LEFT_OUT = 'tempo', 'section', 'mNum'
_NUMBER = re.compile(r'-?\d+(?:\.\d+)?')

Shape = list | str


class UnknownShapeError(Exception):
  """An element of the SVG that has no shape."""


class Note(NamedTuple):
  """A written note: of which part, its ticks, its shapes, the head first."""

  part: int
  start: int
  end: int
  shapes: list[Shape]


class Bar(NamedTuple):
  """A bar as it is drawn, x from the left end of its staves.

  Attributes:
    width: of its staves.
    heads: shapes by 'clef', 'keySig' and 'meterSig'.
    shapes: of no single note.
    notes: in the order of the file.
    chords: x, y and name of each chord symbol.
  """

  width: int
  heads: dict[str, list[Shape]]
  shapes: list[Shape]
  notes: list[Note]
  chords: list[tuple[int, int, str]]


class Drawing(NamedTuple):
  """A piece in one system.

  Attributes:
    height: of all.
    staves: y of the highest line of each staff, and of the lowest line of all.
    lines: y of all lines of the staves.
    glyphs: the path of each glyph in use, by its code.
    bars: in order.
  """

  height: int
  staves: list[int]
  lines: list[int]
  glyphs: dict[str, str]
  bars: list[Bar]


def read(svg: str) -> Drawing:
  """The drawing of a piece that Verovio engraved without breaks.

  Notes have the ids of `musicxml.to_text`.

  Raises:
    UnknownShapeError: it has an element that is not expected.
  """
  root = ET.fromstring(svg)
  for element in root.iter():
    element.tag = element.tag.rpartition('}')[2]
  inner = root.find('svg')
  measures = [g for g in inner.iter('g') if _kind(g) == 'measure']
  first = measures[0]
  ys = [
    [round(_numbers(p)[1] / _DOWN) for p in staff.findall('path')]
    for staff in _children(first, 'staff')
  ]
  return Drawing(
    height=round(float(inner.get('viewBox').split()[3]) / _DOWN),
    staves=[*(min(y) for y in ys), max(max(y) for y in ys)],
    lines=[y for of_staff in ys for y in of_staff],
    glyphs={
      g.get('id').partition('-')[0]: g.find('path').get('d')
      for g in root.find('defs')
    },
    bars=[_bar(measure) for measure in measures],
  )


def _bar(measure):
  line = _numbers(next(_children(measure, 'staff')).find('path'))
  bar = Bar(round((line[2] - line[0]) / _DOWN), {}, [], [], [])
  _walk(measure, line[0], bar, bar.shapes)
  return bar


def _walk(group, left, bar, shapes):
  """Adds what stands in a group to a bar; `shapes` takes its own shapes."""
  for child in group:
    kind = _kind(child)
    if child.tag == 'g':
      if kind in _HEADS:
        _walk(child, left, bar, bar.heads.setdefault(kind, []))
      elif kind == 'note' and child.get('id', '').startswith('n'):
        part, start, end, _ = child.get('id')[1:].split('-')
        note = Note(int(part), int(start), int(end), [])
        bar.notes.append(note)
        _walk(child, left, bar, note.shapes)
      elif kind == 'harm':
        bar.chords.append(_chord(child.find('text'), left))
      elif kind not in _LEFT_OUT:
        _walk(child, left, bar, shapes)
    elif not (child.tag == 'path' and _kind(group) == 'staff'):
      shapes.append(_shape(child, left))


def _shape(element, left) -> Shape:
  if element.tag == 'use':
    code = element.get('href').removeprefix('#').partition('-')[0]
    x, y, size, *_ = _numbers(element, 'transform')
    small = [] if size == _GLYPH_SIZE else [round(size / _GLYPH_SIZE, 2)]
    return [code, *_units([x, y], left), *small]
  if element.tag == 'path':
    numbers = _units(_numbers(element), left)
    if len(numbers) == 4:
      width = max(round(float(element.get('stroke-width')) / _DOWN), 1)
      return [*numbers, width]
    commands = re.sub(r'[^A-Za-z]', '', element.get('d'))
    if commands in ('MCC', 'MCCZ') and len(numbers) == 14:
      return f'M{_joined(numbers[:2])}C{_joined(numbers[2:])}z'
  if element.tag in ('polygon', 'polyline'):
    numbers = _units(_numbers(element, 'points'), left)
    return f'M{_joined(numbers)}z'
  if element.tag in ('ellipse', 'circle'):
    x, y = _units([float(element.get('cx')), float(element.get('cy'))], left)
    r = round(float(element.get('rx') or element.get('r')) / _DOWN)
    return (
      f'M{_joined([x - r, y])}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0-{2 * r} 0z'
    )
  raise UnknownShapeError(f'{element.tag} {sorted(element.attrib)}')


def _chord(text, left):
  """x, y and the name of a chord symbol."""
  name = ''.join(part.strip() for part in text.itertext())
  name = name.translate(_ACCIDENTALS).replace('b5', '\u266d5')
  x, y = _units([float(text.get('x')), float(text.get('y'))], left)
  return x, y, name


def _kind(element) -> str:
  return (element.get('class') or '').partition(' ')[0]


def _children(group, kind) -> Iterator[ET.Element]:
  return (child for child in group if _kind(child) == kind)


def _numbers(element, name='d') -> list[float]:
  return [float(n) for n in _NUMBER.findall(element.get(name))]


def _units(numbers: Sequence[float], left: float) -> list[int]:
  """x, y, x, y, ... in units, x from the left end of the bar."""
  return [
    round((n if i % 2 else n - left) / _DOWN) for i, n in enumerate(numbers)
  ]


def _joined(numbers):
  return ' '.join(map(str, numbers))
