"""Form: bars that return, and long chords."""

import numpy as np

from musiczoo.evaluation.metrics.parts import BAR, BEAT, Parts

LONG = 6  # Steps of a chord at which a phrase may end: a dotted quarter note.


def similarity(parts: Parts) -> np.ndarray:
  """How like an earlier bar each bar of the highest voice is, 0 to 1.

  The share of sixteenths with the same pitch as the most similar bar, the one
  just before aside, for each bar from the third on; bars are of 4/4.

  Returns:
    float64 [bars - 2], or none.
  """
  bars = parts.pitch[: len(parts.pitch) // BAR * BAR, 0].reshape(-1, BAR)
  equal = (bars[:, None] == bars[None]).mean(axis=2)
  earlier = np.tri(len(bars), k=-2)
  return (equal * earlier).max(axis=1, initial=0)[2:]


def chord_lengths(parts: Parts) -> np.ndarray:
  """Steps from each chord to the next onset of any voice, or to the end."""
  return np.diff(np.append(parts.chords, parts.end))


def loses_beat(parts: Parts) -> bool:
  """Whether most notes begin on another sixteenth of the quarter later on.

  In one whole span of four bars than in another.
  """
  spans = len(parts.begins) // (4 * BAR)
  count = parts.begins[: spans * 4 * BAR].sum(axis=1)
  phase = np.argmax(count.reshape(spans, BAR, BEAT).sum(axis=1), axis=1)
  return bool((phase != phase[:1]).any())
