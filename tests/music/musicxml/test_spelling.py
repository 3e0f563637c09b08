"""Names of pitches and accidentals."""

import numpy as np
import pytest

from musiczoo.music.musicxml import spelling
from musiczoo.music.musicxml.spelling import Accidentals, Name, Signature
from musiczoo.music.score import Score


def scale(signature):
  """The twelve pitch classes from C on."""
  signs = {-2: 'bb', -1: 'b', 0: '', 1: '#', 2: '##'}
  names = [spelling.spell(60 + i, signature) for i in range(12)]
  return ' '.join(n.step + signs[n.alter] for n in names)


@pytest.mark.parametrize(
  'signature, expected',
  [
    ((0, 0), 'C C# D Eb E F F# G G# A Bb B'),
    ((0, 1), 'C C# D D# E F F# G G# A Bb B'),
    ((-3, 1), 'C Db D Eb E F F# G Ab A Bb B'),
    ((-4, 0), 'C Db D Eb E F Gb G Ab A Bb Cb'),
    ((3, 1), 'B# C# D D# E E# F# G G# A A# B'),
  ],
)
def test_names_follow_the_key(signature, expected):
  assert scale(Signature(*signature)) == expected


def test_every_key_spells_its_own_scale_without_accidentals():
  for sharps in range(-7, 8):
    for minor in 0, 1:
      signature = Signature(sharps, minor)
      degrees = (0, 2, 3, 5, 7, 8, 10) if minor else (0, 2, 4, 5, 7, 9, 11)
      tonic = 7 * sharps + 9 * minor
      names = [spelling.spell(60 + tonic + d, signature) for d in degrees]
      assert {n.step for n in names} == set('ABCDEFG')
      for name in names:
        assert name.alter == spelling.in_signature(name.step, sharps)
      assert all(
        abs(spelling.spell(p, signature).alter) <= 2 for p in range(12)
      )


def test_octaves_are_those_of_the_letter():
  assert spelling.spell(60, Signature()) == Name('C', 0, 4)
  assert spelling.spell(59, Signature(-5)) == Name('C', -1, 4)
  assert spelling.spell(60, Signature(7)) == Name('B', 1, 3)


def test_accidentals_hold_for_the_bar():
  bar = Accidentals(1)
  f, f_sharp = Name('F', 0, 4), Name('F', 1, 4)
  assert bar.needed(f_sharp, tied=False) is None
  assert bar.needed(f, tied=False) == 'natural'
  assert bar.needed(f, tied=False) is None
  assert bar.needed(f._replace(octave=5), tied=False) == 'natural'
  assert bar.needed(f_sharp, tied=False) == 'sharp'
  tied = Accidentals(0)
  assert tied.needed(f_sharp, tied=True) is None
  assert tied.needed(f_sharp, tied=False) == 'sharp'


def test_the_estimated_key():
  notes = [(i, 1, p, 80, 0) for i, p in enumerate((62, 66, 69, 73, 67, 62))]
  found = spelling.estimated(Score(np.array(notes, np.int32), resolution=1))
  assert found == Signature(2, 0)
  assert spelling.estimated(Score(np.zeros((0, 5), np.int32))) == Signature()
