"""Scores in notation as JSON data of the page, engraved by Verovio."""

import base64
from collections.abc import Sequence
import contextlib
import functools
import json
from typing import NamedTuple
import zlib

from musiczoo.music import musicxml
from musiczoo.music.musicxml.rhythm import PER_QUARTER
from musiczoo.music.score import Score
from musiczoo.show.page import drawing
from musiczoo.show.page.drawing import Drawing

_MAX_NOTES, _MAX_TRACKS = 1500, 8  # More takes seconds.
_SPACE = 36  # Units between two lines of a staff.
_NATURAL = 'E261'
_SIGNS = 'E260', _NATURAL, 'E262'  # Flat, natural, sharp.
_OPTIONS = {
  'breaks': 'none',
  'adjustPageHeight': True,
  'adjustPageWidth': True,
  'footer': 'none',
  'header': 'none',
  'scale': 100,
  'spacingStaff': 6,
  'svgFormatRaw': True,
  'svgViewBox': True,
  'svgRemoveXlink': True,
  **{f'pageMargin{side}': 0 for side in ('Left', 'Top', 'Right', 'Bottom')},
}


class Engraving(NamedTuple):
  """A piece in notation.

  Attributes:
    data: base 64 of compressed JSON, see `_data`.
    glyphs: the SVG path of each glyph that it needs, by its code.
  """

  data: str
  glyphs: dict[str, str]


def engrave(score: Score) -> Engraving | None:
  """A Score in notation; None where the page shows a roll only.

  That is without the package verovio (extra `notation`), without notes, for
  pieces of more than 1,500 notes or 8 tracks, and for music that lies on no
  grid, such as a performance.
  """
  size = len(score.notes), len(score.tracks)
  if not size[0] or size[0] > _MAX_NOTES or size[1] > _MAX_TRACKS:
    return None
  if not musicxml.is_exact(score):
    return None
  toolkit = _toolkit()
  # The page shows the tempo elsewhere.
  plain = score._replace(tempi=score.tempi[:0])
  text = musicxml.to_text(plain, chords=True, ids=True)
  if toolkit is None or not toolkit.loadData(text):
    return None
  with contextlib.suppress(drawing.UnknownShapeError):
    drawn = drawing.read(toolkit.renderToSVG(1))
    data = json.dumps(_data(drawn, score), separators=(',', ':')).encode()
    packed = base64.b64encode(zlib.compress(data, 9)).decode()
    return Engraving(packed, drawn.glyphs)
  return None


@functools.cache
def _toolkit():
  """Verovio's toolkit, or None without the package."""
  try:
    import verovio  # Here: it is an extra.
  except ImportError:
    return None
  verovio.enableLog(verovio.LOG_OFF)
  toolkit = verovio.toolkit()
  toolkit.setOptions(_OPTIONS)
  return toolkit


def _data(drawn: Drawing, score: Score) -> dict:
  """What the page draws.

  Returns:
    `grid`: ticks to a quarter note; `ticks`: of the bar lines; `names`: y of
    the name of each part; `height`, `staves`, `lines`: as of
    `Drawing`; `heads`: [width, shapes] of clefs and key signatures at the
    beginning of a line, one for each key; `bars`: of each the number of its
    `head`, its `width`, `shapes`, `notes` [part, start, end, shape, ...] and
    `chords`; the `change` of clef or key with which it begins and that its
    head stands for if it is the first of a line, and the `lead` that this takes.
  """
  parts = [
    i for i, n in enumerate(musicxml.staff_counts(score)) for _ in range(n)
  ]
  drums = [score.tracks[part].drums for part in parts]
  heads, bars, first = [], [], drawn.bars[0]
  for bar in drawn.bars:
    signature = _pitched(bar.heads.get('keySig', []), drawn.staves, drums)
    if bar is first or 'keySig' in bar.heads:
      heads.append(_head(first.heads['clef'], signature))
    change = bar.heads.get('clef', []) + signature
    shapes = bar.heads.get('meterSig', [])
    bars.append(
      {
        'head': len(heads) - 1,
        'change': change,
        'lead': _lead(change),
        'width': bar.width,
        'shapes': shapes + bar.shapes,
        'notes': [[n.part, n.start, n.end, *n.shapes] for n in bar.notes],
        'chords': bar.chords,
      }
    )
  return {
    'grid': PER_QUARTER,
    'ticks': musicxml.bar_lines(score),
    'names': _names(drawn.staves, parts),
    'height': drawn.height,
    'staves': drawn.staves,
    'lines': drawn.lines,
    'heads': heads,
    'bars': bars,
  }


def _names(staves, parts):
  """y of the name of each part: beside the middle of its staves."""
  middles = {}
  for y, part in zip(staves, parts):
    middles.setdefault(part, []).append(y + 2 * _SPACE)
  return [round(sum(ys) / len(ys) + 0.6 * _SPACE) for ys in middles.values()]


def _pitched(signature, staves, drums):
  """A key signature without that which Verovio gives to drums."""

  def staff(shape):
    middles = [abs(y + 2 * _SPACE - shape[2]) for y in staves[:-1]]
    return middles.index(min(middles))

  return [shape for shape in signature if not drums[staff(shape)]]


def _head(clefs, signature):
  """[width, shapes] of the clefs and a key signature beside them."""
  signs = [s for s in signature if s[0] != _NATURAL]
  begin = 4 * _SPACE
  left = min((s[1] for s in signs), default=0)
  moved = [[code, x - left + begin, *rest] for code, x, *rest in signs]
  right = max((s[1] + _SPACE for s in moved), default=begin - _SPACE // 2)
  return [right + _SPACE // 2, clefs + moved]


def _lead(change) -> int:
  """The width of clefs and signatures at the beginning of a bar."""
  right = max((s[1] for s in change if s[0] in _SIGNS), default=0)
  clef = max((s[1] for s in change if s[0] not in _SIGNS), default=0)
  return max(right + _SPACE if right else 0, clef + 3 * _SPACE if clef else 0)


def glyphs(engravings: Sequence[Engraving]) -> dict[str, str]:
  """The glyphs of several engravings, in order of their codes."""
  merged = {}
  for engraving in engravings:
    merged |= engraving.glyphs
  return dict(sorted(merged.items()))
