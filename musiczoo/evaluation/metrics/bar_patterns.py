"""Bar patterns: what each track plays in each bar, as onsets and pitches."""

from typing import NamedTuple

import numpy as np

from musiczoo.music import metre
from musiczoo.music.score import ONSET, PITCH, Score, TRACK


class BarPatterns(NamedTuple):
  """P patterns, by track and bar; bars in which a track begins no note have none.

  Attributes:
    track: int64 [P].
    bar: int64 [P].
    notes: of each pattern int64 [notes, 2], ticks after the bar line and pitch,
      ascending.
  """

  track: np.ndarray
  bar: np.ndarray
  notes: list[np.ndarray]

  @property
  def number(self) -> np.ndarray:
    """int64 [P], the same for equal patterns, 0 or more."""
    known: dict[bytes, int] = {}
    return np.array(
      [known.setdefault(x.tobytes(), len(known)) for x in self.notes], np.int64
    )


def bar_patterns(score: Score, lines: np.ndarray) -> BarPatterns:
  """The patterns of the notes of a Score, whatever their lengths.

  Args:
    score: a Score.
    lines: bar lines in ticks, ascending, the first at or before the first note.
  """
  onset, pitch, track = score.notes[:, [ONSET, PITCH, TRACK]].T.astype(np.int64)
  order = np.lexsort((pitch, onset, track))
  onset, pitch, track = onset[order], pitch[order], track[order]
  bar = metre.bar_of(lines, onset)
  begins = np.append(True, (np.diff(track) != 0) | (np.diff(bar) != 0))
  first = np.flatnonzero(begins[: len(onset)])
  rows = np.stack([onset - lines[bar], pitch], axis=1)
  # Before the first of them nothing stands.
  notes = np.split(rows, first)[1:]
  return BarPatterns(track[first], bar[first], notes)
