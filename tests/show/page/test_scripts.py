"""Functions of the page's scripts that need no browser, run by Node."""

import json
import shutil
import subprocess

import pytest

from musiczoo.show.page.page import _asset

NODE = shutil.which('node')
pytestmark = pytest.mark.skipif(not NODE, reason='there is no node')


def evaluate(script, expression):
  """The value of an expression, with what a script of the page defines."""
  text = f'{_asset(script)}\nconsole.log(JSON.stringify({expression}));'
  answer = subprocess.run(
    [NODE, '-'], input=text, capture_output=True, text=True, check=True
  )
  return json.loads(answer.stdout)


@pytest.mark.parametrize(
  ('name', 'expected'),
  [
    ('a.mid', 'a.mid'),
    ('folder/folder/one.mid', 'folder/\u2026/one.mid'),
    ('\U0001d11e' * 20, '\U0001d11e' * 7 + '\u2026' + '\U0001d11e' * 8),
  ],
)
def test_a_name_is_shortened_in_the_middle(name, expected):
  assert evaluate('names.js', f'shortened({json.dumps(name)}, 16)') == expected


def test_labels_of_octaves_do_not_overlap():
  cases = [
    [low, high, tall]
    for low, high in [
      (-2, 129),
      (19, 110),
      (58, 62),
      (34, 86),
      (0, 1),
      (60, 60),
    ]
    for tall in (16, 22, 48, 64, 100, 300)
  ]
  found = evaluate(
    'roll.js', f'{json.dumps(cases)}.map((of) => octaves(...of))'
  )
  for (low, high, tall), lines in zip(cases, found):
    pitches = [pitch for pitch, _, _ in lines]
    assert pitches == [c for c in range(0, 132, 12) if low <= c <= high]
    labels = [label for _, _, label in lines if label is not None]
    assert bool(labels) == bool(lines)
    assert all(6 <= y <= tall - 6 for y in labels)
    assert all(a - b >= 12 for a, b in zip(labels, labels[1:]))
  # Room for all, and for every second.
  named = evaluate(
    'roll.js',
    '[300, 80].map((tall) => octaves(16, 116, tall)'
    '.filter((of) => of[2] !== null).map(([pitch]) => pitch))',
  )
  assert named == [list(range(24, 109, 12)), [36, 60, 84, 108]]


@pytest.mark.parametrize(
  ('text', 'expected'),
  [
    ('5:8', [5, 8]),
    (' 5 : 8 ', [5, 8]),
    ('5', [5, 5]),
    ('20:20', [20, 20]),
    ('', None),
    ('0:3', None),
    ('8:5', None),
    ('5:21', None),
    ('a', None),
    ('1:2:3', None),
    ('1.5', None),
  ],
)
def test_bars_of_a_loop(text, expected):
  found = evaluate('practice.js', f'parseBars({json.dumps(text)}, 20)')
  assert found == expected


def test_beats():
  # A pick-up of a quarter, two bars of 3/4, one of 6/8, and one that is cut.
  piece = {
    'bars': [0, 4, 16, 28, 40, 44],
    'meters': [[0, 4], [4, 4], [28, 6], [40, 4]],
  }
  found = evaluate('clock.js', f'beats({json.dumps(piece)})')
  first = {4, 16, 28, 40}
  ticks = [0, 4, 8, 12, 16, 20, 24, 28, 34, 40]
  assert found == [[tick, tick in first] for tick in ticks]
  # A pick-up of three eighths is counted in quarters from its second on.
  upbeat = {'bars': [0, 6, 22], 'meters': [[0, 2], [6, 4]]}
  found = evaluate('clock.js', f'beats({json.dumps(upbeat)})')
  expected = [[2, False], [6, True], [10, False], [14, False], [18, False]]
  assert found == expected
  assert evaluate('clock.js', 'beats({bars: [0], meters: [[0, 4]]})') == []


def test_names_of_pitches():
  pitches = [
    [0, 'C Db D Eb Fb F Gb G Ab A Bb Cb'],
    [16, 'B# C# C## D# E E# F# F## G# A A# B'],
  ]
  asked = [(61, 0), (59, 15), (60, 16), (61, 99), (0, 0), (127, 0), (62, 16)]
  calls = ', '.join(f'pitchName(piece, {p}, {t})' for p, t in asked)
  text = f'((piece) => [{calls}])({json.dumps({"pitches": pitches})})'
  expected = ['Db4', 'Cb4', 'B#3', 'C#4', 'C-1', 'G9', 'C##4']
  assert evaluate('names.js', text) == expected
