"""Names of keys and chords: 'Am' <-> numbers."""

import re

from musiczoo.errors import UserError

# Chord symbol without its root -> semitones above the root. The quality of a
# chord is its place in this list.
QUALITIES = {
  'N.C.': (),  # No chord.
  '': (0, 4, 7),
  'm': (0, 3, 7),
  'dim': (0, 3, 6),
  'aug': (0, 4, 8),
  '7': (0, 4, 7, 10),
  'maj7': (0, 4, 7, 11),
  'm7': (0, 3, 7, 10),
  'm7b5': (0, 3, 6, 10),
  'dim7': (0, 3, 6, 9),
}
NO_CHORD = 0

_NAMES = ('C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B')
_NATURALS = {'C': 0, 'D': 2, 'E': 4, 'F': 5, 'G': 7, 'A': 9, 'B': 11}


def format_key(tonic: int, minor: int) -> str:
  """(9, 1) -> 'Am', (10, 0) -> 'Bb'."""
  return _NAMES[tonic] + 'm' * minor


def parse_key(text: str) -> tuple[int, int]:
  """'Am' -> (9, 1), the tonic and whether it is minor.

  Raises:
    UserError: it is not a key.
  """
  tonic, rest = _parse_note(text)
  if tonic is None or rest not in ('', 'm'):
    raise UserError(f"key '{text}': give one such as C, F#, Bb, Am or C#m")
  return tonic, int(rest == 'm')


def format_chord(root: int, quality: int) -> str:
  """(9, 2) -> 'Am'; of `NO_CHORD` 'N.C.'."""
  symbol = list(QUALITIES)[quality]
  return symbol if quality == NO_CHORD else _NAMES[root] + symbol


def parse_chord(text: str) -> tuple[int, int]:
  """'Am' -> (9, 2), its root and the place of its quality in `QUALITIES`.

  Raises:
    UserError: it is not a chord symbol, or its quality is not supported.
  """
  symbols = list(QUALITIES)
  if text == symbols[NO_CHORD]:
    return 0, NO_CHORD
  root, rest = _parse_note(text)
  if root is None or rest not in symbols[1:]:
    raise UserError(
      f"chord '{text}': give {symbols[NO_CHORD]} or a note such as C, F# or "
      f'Bb, alone or with {", ".join(symbols[2:])}'
    )
  return root, symbols.index(rest)


def _parse_note(text):
  """'Bbm' -> 10 and 'm'; no note -> None and the text."""
  match = re.fullmatch('([A-G])([#b]?)(.*)', text)
  if match is None:
    return None, text
  letter, accidental, rest = match.groups()
  alter = {'': 0, '#': 1, 'b': -1}[accidental]
  return (_NATURALS[letter] + alter) % 12, rest
