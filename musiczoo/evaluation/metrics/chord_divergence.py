"""Divergence of chord progressions and cadences from those of a corpus."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from musiczoo.evaluation.metrics import cadences, keys
from musiczoo.evaluation.metrics.beat_chords import beat_chords, OTHER
from musiczoo.evaluation.metrics.bootstrap import draws, percentiles
from musiczoo.evaluation.metrics.parts import Parts, parts as parts_of
from musiczoo.music.score import Score

# Chords by the third and fifth alone, in the order of `beat_chords.SHAPES`.
_CLASSES = np.array([0, 1, 0, 1, 0, 2, 2, 2, 0, 1])
_LABELS = 3 * 12 + 1  # Of a chord; the last is any other sonority.


def histograms(scores: Sequence[Score]) -> dict[str, np.ndarray]:
  """What each divergence counts: name -> int64 [pieces, kinds].

  Raises:
    ValueError: the tracks of a Score are no voices.
  """
  pieces = [parts_of(score) for score in scores]
  return {
    name: np.array([count(piece) for piece in pieces])
    for name, count in DIVERGENCES.items()
  }


def divergences(
  of: Mapping[str, np.ndarray],
  corpus: Mapping[str, np.ndarray],
  *,
  seed: int = 0,
) -> dict[str, tuple[float, float, float]]:
  """The Jensen-Shannon divergence of pieces from a corpus in bits, 0 to 1.

  Two sets of the same music differ, too, the more the smaller they are: compare
  with as much real music. Lin (1991), IEEE Trans. Inf. Theory 37, 145.

  Args:
    of, corpus: as of `histograms`.
    seed: of the bootstrap over the pieces of `of`.

  Returns:
    name -> divergence, and the ends of its 95 % bootstrap interval; nan if one
    side has none of what is counted.
  """
  found = {}
  for name, counts in of.items():
    drawn = draws(len(counts), seed) @ counts
    every = np.concatenate([counts.sum(axis=0)[None], drawn])
    middle, *others = jensen_shannon(every, corpus[name].sum(axis=0))
    # Pieces drawn twice make a set less varied, and all its divergences larger.
    bias = np.mean(others) - middle
    low, high = percentiles(np.array(others) - bias)
    found[name] = float(middle), max(low, 0.0), high
  return found


def jensen_shannon(counts: np.ndarray, other: np.ndarray) -> np.ndarray:
  """Divergence in bits of each histogram [N, K] from another [K]: [N]."""
  from scipy.spatial.distance import jensenshannon  # Takes a second to import.

  with np.errstate(invalid='ignore', divide='ignore'):
    return jensenshannon(counts, other[None], base=2, axis=1) ** 2


def chord_bigrams(parts: Parts) -> np.ndarray:
  """How often each chord follows another on the beats: int64 [37 * 37].

  Chords are a degree of the major scale that the piece's key shares, and major,
  minor or diminished, whatever the seventh. Repeated chords count once.
  """
  key = keys.keys(keys.chroma(parts, [0], [len(parts.pitch)]))[0]
  root, quality = beat_chords(parts)
  degree = (root - key[0] - 3 * key[1]) % 12
  label = np.where(
    quality == OTHER, _LABELS - 1, 3 * degree + np.append(_CLASSES, 0)[quality]
  )
  first, then = label[:-1], label[1:]
  kept = first != then
  return np.bincount(
    first[kept] * _LABELS + then[kept], minlength=_LABELS * _LABELS
  )


def final_cadence(parts: Parts) -> np.ndarray:
  """How the piece closes, as one of 48 kinds: int64 [48]."""
  return _cadence_kinds(parts, np.array([parts.end] if parts.end else [], int))


def phrase_cadences(parts: Parts) -> np.ndarray:
  """How all phrases but the last close, int64 [48]."""
  return _cadence_kinds(parts, cadences.inner_ends(parts))


DIVERGENCES: dict[str, Callable[[Parts], np.ndarray]] = {
  'chord_bigram_divergence_bits': chord_bigrams,
  'final_cadence_divergence_bits': final_cadence,
  'phrase_cadence_divergence_bits': phrase_cadences,
}


def _cadence_kinds(parts, ends):
  """By the last motion of the bass, root triad or not, tonic or not: [48]."""
  motion = cadences.last_bass_motion(parts, ends)
  triad = cadences.closes_on_root_triad(parts, ends)
  tonic = cadences.closes_on_tonic(parts, ends)
  return np.bincount(4 * motion + 2 * triad + tonic, minlength=48)
