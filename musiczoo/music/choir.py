"""Soprano, alto, tenor and bass: their names and ranges."""

NAMES = ('Soprano', 'Alto', 'Tenor', 'Bass')
# Lowest and highest pitch of each: textbook ranges, on the generous side.
RANGES = ((60, 81), (53, 76), (48, 69), (36, 64))
