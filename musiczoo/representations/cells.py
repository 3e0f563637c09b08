"""Monophonic lines of notes <-> cells, integers of a pitch or rest and an onset.

A cell is `2 * symbol + onset bit`. Symbol 0 is a rest, symbol k the pitch
`low + k - 1`. The bit is 1 where by `spec.is_onset` a note begins or
ends: always where the symbol changes, so that no window of a line begins with a
note that is held from before, and never where a rest goes on.
"""

import numpy as np

from musiczoo.music.score import DURATION, ONSET, PITCH, to_notes
from musiczoo.music.spec import is_onset
from musiczoo.representations.representation import VELOCITY


def rasterize_line(
  notes: np.ndarray, steps: int, low: int
) -> tuple[np.ndarray, np.ndarray]:
  """Notes of different onsets -> symbols; a later note cuts an earlier one.

  Args:
    notes: int32 [N, 5], in steps and by onset.
    steps: length T of the line.
    low: the pitch of symbol 1.

  Returns:
    symbol: int32 [T]; onset bit: bool [T].
  """
  if not len(notes):
    return np.zeros(steps, np.int32), np.zeros(steps, bool)
  step = np.arange(steps)
  latest = np.searchsorted(notes[:, ONSET], step, side='right') - 1
  # Before the first note `latest` is -1, the last note, which is yet to begin.
  since = step - notes[latest, ONSET]
  sounds = (since >= 0) & (since < notes[latest, DURATION])
  symbol = np.where(sounds, notes[latest, PITCH] - low + 1, 0)
  return symbol, since == 0


def to_cells(symbol: np.ndarray, onset_bit: np.ndarray) -> np.ndarray:
  """Symbols and onset bits, [T, ...] -> cells, int32 [T, ...]."""
  return 2 * symbol + is_onset(symbol, onset_bit).astype(np.int32)


def from_cells(x: np.ndarray, *, low: int, depth: int) -> np.ndarray:
  """Cells of lines -> notes; a cell beyond `depth` symbols is a rest.

  Args:
    x: any integers [T, V].
    low: the pitch of symbol 1.
    depth: number of symbols.

  Returns:
    int32 [N, 5], track v from line v, by track and onset.
  """
  x = np.where((x >= 0) & (x < 2 * depth), x, 0).astype(np.int32)
  symbol = x // 2
  line, onset = np.nonzero(is_onset(symbol, x % 2).T)
  # Each onset ends the note before it, if that is of the same line.
  same = np.append(line[1:], -1) == line
  end = np.where(same, np.append(onset[1:], 0), len(x))
  symbol = symbol[onset, line]
  pitch = symbol + low - 1
  return to_notes(onset, end - onset, pitch, VELOCITY, line)[symbol > 0]


def transpose(x: np.ndarray, semitones: int) -> np.ndarray:
  """Transposes cells; rests stay."""
  moved = x.astype(np.int32) + 2 * semitones
  return np.where(x >= 2, moved, x).astype(x.dtype)


def transpose_range(x: np.ndarray, depth: int) -> tuple[int, int]:
  """By how many semitones cells of `depth` symbols can go (down, up)."""
  symbol = x[x >= 2] // 2
  if not len(symbol):
    return 0, 0
  return int(symbol.min()) - 1, depth - 1 - int(symbol.max())
