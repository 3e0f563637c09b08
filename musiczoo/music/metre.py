"""Bar lines, half bars, and notes per quarter note.

They come from notes and meters alone, on the Score's own ticks: quantize a
performance first.
"""

import numpy as np

from musiczoo.music.quantize import divide
from musiczoo.music.score import end as last_tick, ONSET, Score


def bars(score: Score, end: int = 0) -> np.ndarray:
  """Bar lines in ticks: bar i is from line i to line i + 1.

  Each meter begins a bar, even if the bar before it is not full, so a pick-up
  is a meter of its own; without a meter bars are of four quarters. A line
  between two ticks is rounded to the nearest.

  Args:
    score: a Score.
    end: a tick up to which there are bars even if they are silent.

  Returns:
    int64 [bars + 1], from 0 to the end of the bar in which the last note ends,
    or of that before `end`; [1] if there are neither notes nor `end`.
  """
  last = max(last_tick(score), end)
  meters = np.concatenate([[(0, 4, 4)], score.meters])
  tick, numerator, denominator = meters.T
  # Lines beyond the last would be in vain.
  ends = np.minimum(np.append(tick[1:], last), last)
  whole = 4 * score.resolution * numerator  # Times denominator: a bar.
  count = 1 + np.maximum(-((tick - ends) * denominator // whole), 0)
  meter = np.repeat(np.arange(len(meters)), count)
  bar = np.arange(len(meter)) - (np.cumsum(count) - count)[meter]
  lines = tick[meter] + divide(bar * whole[meter], denominator[meter])
  # The first line beyond the last closes the last bar.
  within = (lines < ends[meter]) | (ends[meter] == last)
  lines = _distinct(np.append(0, lines[within]))
  return lines[: np.searchsorted(lines, last) + 1]


def bar_of(lines: np.ndarray, ticks: np.ndarray) -> np.ndarray:
  """The last of the ascending lines [L] that is not after each tick: int."""
  return np.searchsorted(lines, ticks, side='right') - 1


def half_bars(score: Score) -> np.ndarray:
  """Lines as in `bars`, and one in the middle of each bar of an even meter.

  So 4/4, 6/8 and 12/8 have two halves; 3/4, 5/8 and 9/8 stay whole.
  """
  lines = bars(score)
  ticks = np.append(0, score.meters[:, 0])
  even = np.append(True, score.meters[:, 1] % 2 == 0)
  halved = even[bar_of(ticks, lines[:-1])]
  middles = divide(lines[:-1] + lines[1:], 2)[halved]
  return _distinct(np.concatenate([lines, middles]))


def density(score: Score, lines: np.ndarray | None = None) -> np.ndarray:
  """Notes that begin per quarter note, drums too, between lines.

  Args:
    score: a Score.
    lines: ascending ticks; those of `bars` if left out. `[0, end(score)]` gives
      the density of the whole piece.

  Returns:
    float64 [lines - 1].
  """
  lines = bars(score) if lines is None else np.asarray(lines)
  before = np.searchsorted(np.sort(score.notes[:, ONSET]), lines)
  return np.diff(before) / np.diff(lines) * score.resolution


def _distinct(ticks):
  """As np.unique, which takes four times as long for what is nearly sorted."""
  ticks = np.sort(ticks, kind='stable')
  return ticks[np.append(True, ticks[1:] > ticks[:-1])]


def has_bars_of_one_beat(score: Score) -> bool:
  """Whether most of a Score is in meters of one beat, such as 1/4.

  Some programs write them where they do not know the meter.
  """
  ticks = np.minimum(
    np.append(score.meters[:, 0], last_tick(score)), last_tick(score)
  )
  one_beat = np.diff(ticks)[score.meters[:, 1] == 1]
  return bool(2 * one_beat.sum() > last_tick(score))
