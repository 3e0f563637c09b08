"""The order of parts, from high to low, by their names."""

from collections.abc import Sequence
import re

# Of one family each, from high to low, the names of a voice or an instrument in
# scores of several languages.
_FAMILIES = (
  (
    ('soprano', 'sopran', 'treble', 'descant', 'discantus', 'cantus', 's'),
    ('mezzo', 'mezzosoprano'),
    ('alto', 'alt', 'altus', 'contralto', 'a'),
    ('tenor', 'tenore', 't'),
    ('baritone', 'bariton', 'baritono'),
    ('bass', 'basso', 'bassus', 'b'),
  ),
  (
    ('violin', 'violine', 'violino', 'violon', 'vln', 'vl'),
    ('viola', 'bratsche', 'alto', 'vla'),
    ('violoncello', 'violoncelle', 'cello', 'vc'),
    ('contrabass', 'kontrabass', 'contrabasso', 'contrebasse', 'double', 'cb'),
  ),
)
_ROMAN = {'i': 1, 'ii': 2, 'iii': 3, 'iv': 4}


def order(names: Sequence[str]) -> list[int] | None:
  """The places of parts from high to low: 'Violin I' before 'Cello'.

  Args:
    names: of the parts, such as 'Soprano', 'S', 'Tenor 2', '1st Violin'.

  Returns:
    a permutation; None unless each name is of a part of its own, and all are
    of one family.
  """
  for family in _FAMILIES:
    ranks = [_rank(name, family) for name in names]
    if None not in ranks and len(set(ranks)) == len(ranks):
      return sorted(range(len(ranks)), key=ranks.__getitem__)
  return None


def _rank(name, family):
  """(place in the family, number of the part or 0), or None."""
  words = re.findall(r'[^\W\d_]+|\d+', name.lower())
  numbers = [int(word) for word in words if word.isdecimal()]
  numbers += [_ROMAN[word] for word in words if word in _ROMAN]
  for word in words:
    for place, known in enumerate(family):
      if word in known:
        return place, (numbers or [0])[0]
  return None
