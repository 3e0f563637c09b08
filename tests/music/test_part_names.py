"""Parts are ordered by names that say so, and by no others."""

import pytest

from musiczoo.music import part_names


@pytest.mark.parametrize(
  'names,expected',
  [
    (['Bass', 'Tenor', 'Alto', 'Soprano'], [3, 2, 1, 0]),
    (['Alt', 'Sopran'], [1, 0]),
    (['Violoncello', 'Viola', 'Violin II', 'Violin I'], [3, 2, 1, 0]),
    (['Cello', 'Double Bass', 'Violin1', 'Violin2'], [2, 3, 0, 1]),
    (['Tenor Sax', 'Alto Sax', 'Soprano Sax'], [2, 1, 0]),
    # No names, the same name twice, and names that say nothing of pitch.
    (['', ''], None),
    (['Violin', 'Violin'], None),
    (['Soprano', 'Piano'], None),
    (['Soprano', 'Cello'], None),
    (['Part 1', 'Part 2'], None),
  ],
)
def test_the_order_of_names(names, expected):
  assert part_names.order(names) == expected
