"""What is asked for walks in; the conditions of each step walk out."""

import numpy as np

from musiczoo.export.player.folder import stop
from musiczoo.music import harmony
from musiczoo.music.annotations import DENSITIES

# As play.py has them.
GRID, QUALITIES, STYLES = 4, list(harmony.QUALITIES), ()


def plan(steps, length, chords=None, key=None, density=None, style=None):
  """int32 [steps, 8] in bars of 4/4; 0 says that nothing is asked for."""
  table = np.zeros((steps, 8), np.int32)
  step = np.minimum(np.arange(steps), length - 1)
  table[:, 0] = np.minimum(step % (4 * GRID) + 1, 96)
  if key:
    tonic, minor = parse(key, ['', 'm'])
    table[:, 1] = 1 + tonic + 12 * minor
  if chords:
    chords = chords.replace('N.C.', 'CN.C.').split()
    parsed = [parse(chord, QUALITIES) for chord in chords]
    root, kind = np.array(parsed)[step // (4 * GRID) % len(parsed)].T
    table[:, 2], table[:, 3] = np.where(kind, root + 1, 0), kind + 1
  if density is not None:
    table[:, 4] = 1 + np.searchsorted(DENSITIES, density, 'right')
  table[:, 7] = 1 + STYLES.index(style) if style else 0
  return table


def parse(text, kinds):
  """'Bbm' -> 10 and the place of 'm' among the kinds."""
  note, kind = 'C D EF G A B'.find(text[:1]), text[1:].lstrip('#b')
  if note < 0 or kind not in kinds:
    stop(f"'{text}': give C, F# or Bb, alone or with one of {kinds}")
  alter = text[1 : len(text) - len(kind)]
  return (note + alter.count('#') - alter.count('b')) % 12, kinds.index(kind)
