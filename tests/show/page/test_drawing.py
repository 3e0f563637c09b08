"""Shapes of an SVG such as Verovio writes."""

import pytest

from musiczoo.show.page import drawing

SVG = """
<svg xmlns="http://www.w3.org/2000/svg"><defs>
  <g id="E0A4-x"><path transform="scale(1,-1)" d="M0 1z"/></g></defs>
<svg viewBox="0 0 9000 2000"><g class="page-margin">
  <g class="measure">
    <g class="staff">
      <path d="M100 500 L600 500" stroke-width="13"/>
      <path d="M100 680 L600 680" stroke-width="13"/>
      <g class="clef">
        <use href="#E050-x" transform="translate(150, 600) scale(0.72, 0.72)"/>
      </g>
      <g class="layer"><g class="note" id="n2-48-96-7">
        <g class="notehead">
          <use href="#E0A4-x" transform="translate(300, 590) scale(0.72, 0.72)"/>
        </g>
        <g class="stem"><path d="M310 600 L310 800" stroke-width="18"/></g>
        <g class="dots"><ellipse cx="400" cy="550" rx="36" ry="36"/></g>
      </g></g>
    </g>
    <g class="tie"><path d="M400,600 C420,610 440,610 460,600 C440,605 420,605
      400,600" stroke-width="9"/></g>
    <g class="harm"><text x="300" y="200"><tspan>B<tspan>&#60004;</tspan>7b5
      </tspan></text></g>
    <g class="tempo"><text x="0" y="0">= 80</text></g>
  </g>
</g></svg></svg>"""


def test_bars_notes_and_shapes():
  drawn = drawing.read(SVG)
  assert drawn.height == 400
  assert drawn.lines == [100, 136] and drawn.staves == [100, 136]
  assert drawn.glyphs == {'E0A4': 'M0 1z'}
  (bar,) = drawn.bars
  assert bar.width == 100
  assert bar.heads == {'clef': [['E050', 10, 120]]}
  assert bar.chords == [(40, 40, 'B\u266d7\u266d5')]
  assert bar.shapes == ['M60 120C64 122 68 122 72 120 68 121 64 121 60 120z']
  (note,) = bar.notes
  assert note[:3] == (2, 48, 96)
  head, stem, dot = note.shapes
  assert head == ['E0A4', 40, 118]
  assert stem == [42, 120, 42, 160, 4]
  assert dot == 'M53 110a7 7 0 1 0 14 0a7 7 0 1 0-14 0z'


def test_what_is_not_known_is_refused():
  for wrong in '<image href="a"/>', '<path d="M0 0 Q1 1 2 2 3 3"/>':
    text = SVG.replace('<g class="tie">', f'<g class="odd">{wrong}</g><g>')
    with pytest.raises(drawing.UnknownShapeError):
      drawing.read(text)
