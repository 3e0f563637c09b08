"""Which tunes are variants of one, by their beginnings."""

from collections.abc import Sequence

import numpy as np

from musiczoo.music import metre
from musiczoo.music.score import ONSET, PITCH, Score

BARS = 4


def groups(scores: Sequence[Score]) -> list[str]:
  """A name of the tune that each Score is a variant of.

  Two are variants of one if their incipits agree on all beats but one, whatever
  the key; and so are variants of variants. A group is named by the first of its
  incipits in alphabetical order, which depends on its own tunes alone.
  """
  incipits = [incipit(score) for score in scores]
  group = list(
    range(len(incipits))
  )  # A number, or that of one nearer the root.

  def root(i):
    while group[i] != i:
      group[i] = group[group[i]]
      i = group[i]
    return i

  first = {}
  for number, pitches in enumerate(incipits):
    for left_out in range(len(pitches)):
      rest = [pitch for i, pitch in enumerate(pitches) if i != left_out]
      alike = len(pitches), left_out, *(pitch - rest[0] for pitch in rest)
      group[root(number)] = root(first.setdefault(alike, number))
  names = {}
  for number, pitches in enumerate(incipits):
    name = ' '.join(map(str, pitches))
    names[root(number)] = min(name, names.get(root(number), name))
  return [names[root(number)] for number in range(len(incipits))]


def incipit(score: Score) -> tuple[int, ...]:
  """The pitches on the beats of the first four whole bars, the first as 0.

  There are two beats in a bar, three where the metre is of three or nine. So
  neither key, octave, pick-up, note values (2/4 in sixteenths or 4/4 in
  eighths), ornaments between beats nor repeats matter.

  Args:
    score: of at least a note; of several at once the highest counts.
  """
  lines = metre.bars(score)
  lengths = np.diff(lines)
  found, count = np.unique(lengths, return_counts=True)
  usual = found[count.argmax()]
  begin = lines[np.argmax(lengths == usual)]
  meters = score.meters[score.meters[:, 0] <= begin]
  is_triple = len(meters) > 0 and meters[-1, 1] in (3, 9)
  beats = 3 if is_triple else 2
  ticks = begin + usual * np.arange(BARS * beats) // beats
  order = np.lexsort((score.notes[:, PITCH], score.notes[:, ONSET]))
  onset, pitch = score.notes[order][:, [ONSET, PITCH]].T
  last = np.searchsorted(onset, ticks, side='right') - 1
  sounding = pitch[np.maximum(last, 0)]
  return tuple((sounding - sounding[0]).tolist())
