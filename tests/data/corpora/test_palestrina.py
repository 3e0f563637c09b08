"""Palestrina in kern: voices are tracks, the movements of a mass stay together."""

import pytest

from musiczoo.data import corpora
from musiczoo.data.corpora import packaged, palestrina

pytest.importorskip('music21')

# A tie, a rest of two bars; a flat in the signature; bass first, as in kern.
MOVEMENT = """!!!OPR: {mass}
**kern\t**kern
*Ibass\t*Icant
*clefF4\t*clefG2
*k[b-]\t*k[b-]
*M4/2\t*M4/2
=1\t=1
0r\t1g
.\t[1dd
=2\t=2
0r\t2dd]
.\t2b-
.\t1cc
=3\t=3
0G\t0dd
==\t==
*-\t*-
"""
SILENT = """!!!OPR: Missa Nulla
**kern
*M4/2
=1
0r
==
*-
"""


@pytest.fixture
def masses(tmp_path, monkeypatch):
  """A few files, parsed in this process; an empty cache folder."""
  texts = {
    'Agnus_1': MOVEMENT.format(mass='Missa Prima (I)'),
    'Kyrie_1': MOVEMENT.format(mass='Missa Prima (1570)'),
    'Kyrie_2': MOVEMENT.format(mass='Missa Secunda'),
    'Gloria': SILENT,
    'Credo': 'no kern',
  }
  for name, text in texts.items():
    (tmp_path / f'{name}.krn').write_text(text)
  monkeypatch.setattr(
    packaged, 'files', lambda *args: sorted(tmp_path.glob('*.krn'))
  )
  monkeypatch.setattr(
    packaged, 'parsed', lambda parse, items, *label: list(map(parse, items))
  )
  monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))


def test_a_movement(tmp_path):
  file = tmp_path / 'Agnus.krn'
  file.write_text(MOVEMENT.format(mass='Missa Prima (I)'))
  name, score = palestrina.parse(file)
  assert name == 'Missa Prima (I)/Agnus'
  quarter = score.resolution
  upper = score.notes[score.notes[:, 2] > 60]
  assert (upper[:, :3] / [quarter, quarter, 1]).tolist() == [
    [0, 4, 67],
    [4, 6, 74],  # Tied beyond the bar line.
    [10, 2, 70],
    [12, 4, 72],
    [16, 8, 74],
  ]
  (lower,) = score.notes[score.notes[:, 2] < 60]
  assert (lower[:3] / [quarter, quarter, 1]).tolist() == [16, 8, 55]
  assert len(score.tracks) == 2
  assert score.meters.tolist() == [[0, 4, 2]]
  assert score.keys.tolist() == [[0, -1, 0]]


def test_masses_stay_together_and_none_is_lost(masses, caplog):
  found = corpora.load('palestrina')
  split = {p.name: s for s, pieces in found.items() for p in pieces}
  first, second = 'Missa Prima (I)/Agnus_1', 'Missa Prima (1570)/Kyrie_1'
  assert split.keys() == {first, second, 'Missa Secunda/Kyrie_2'}
  assert palestrina.mass_of(first) == palestrina.mass_of(second)
  text = caplog.text
  assert '2 left out' in text
  assert 'Gloria.krn has no notes' in text
  assert 'Credo.krn is no MusicXML, ABC or kern' in text
  assert '3 of 3 movements are not in four voices' in text
  assert 'rights to all derivative electronic formats are reserved' in text
