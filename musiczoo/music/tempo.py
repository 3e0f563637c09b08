"""The tempo map of a Score: ticks -> seconds."""

import numpy as np

from musiczoo.music.score import end, Score

DEFAULT_TEMPO = 500_000  # Microseconds per quarter note: 120 a minute.


def first_tempo(score: Score) -> int:
  """Microseconds per quarter note at the beginning."""
  begins = score.tempi[score.tempi[:, 0] <= 0]
  return int(begins[-1, 1]) if len(begins) else DEFAULT_TEMPO


def seconds(score: Score, ticks: np.ndarray) -> np.ndarray:
  """Ticks -> seconds from the beginning: float64, one for each tick."""
  begin, tempo = _tempo_map(score)
  rate = tempo / score.resolution / 1e6
  elapsed = np.append(0, np.cumsum(np.diff(begin) * rate[:-1]))
  latest = np.searchsorted(begin, ticks, side='right') - 1
  return elapsed[latest] + (ticks - begin[latest]) * rate[latest]


def length_seconds(score: Score) -> float:
  """Seconds until the last note of a canonical Score ends, summed exactly."""
  last = end(score)
  begin, tempo = _tempo_map(score)
  before = begin < max(last, 1)
  ticks = np.diff(begin[before], append=last)
  return ticks @ tempo[before] / score.resolution / 1e6


def _tempo_map(score):
  """From which tick on which tempo counts, the default first: int64 [K + 1]."""
  changes = np.asarray(score.tempi, np.int64)
  return np.concatenate([[[0, DEFAULT_TEMPO]], changes]).T
