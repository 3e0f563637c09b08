"""Names that changed since revision 0804405, and where arithmetic may differ.

A rule is (families, old, new): `old` is a regular expression of whole parts of
a name, `new` its replacement, and '*' stands for all families. Rules apply in
order, each to what the rules before it have made of the name.
"""

import re

# Paths of parameters, parts joined by '/'.
PARAMS = [
  ('*', r'Taps_(\d+)', r'Conv_\1'),
]

# Keys of configs, parts joined by '.'.
CONFIG = []

# Values of configs: (old key, old value, new value).
VALUES = []

# Names of metrics and figures, parts joined by '/'.
METRICS = []

# Case: why its arrays may differ, by 1e-6 of an array's largest value.
MAY_DIFFER = {}

# Keys of configs that have come or gone, by their names of today.
NEW_KEYS = []


def rename(name: str, rules: list, family: str, separator: str = '/') -> str:
  """The name of today for one of the old revision."""
  part = re.escape(separator)
  for families, old, new in rules:
    if families == '*' or family in families.split():
      name = re.sub(rf'(?:(?<=^)|(?<={part}))(?:{old})(?={part}|$)', new, name)
  return name


def value(key: str, old):
  """The value of today for an old one of a config's old key."""
  return next((new for k, o, new in VALUES if (k, o) == (key, old)), old)
