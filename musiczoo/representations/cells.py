"""Monophonic lines: cells of (pitch or rest, struck?) <-> notes.

A cell is 2 * symbol + struck. Symbol 0 is a rest, symbol k the pitch
low + k - 1. Struck is forced where the symbol changes, so that no crop of a
line begins with a hold that nothing began, and a rest is never struck again.
"""

import numpy as np

from musiczoo.music.score import DURATION, ONSET, PITCH


def rasterize_line(
    notes: np.ndarray, steps: int, low: int
) -> tuple[np.ndarray, np.ndarray]:
  """The line that notes of different onsets make: a later one cuts an earlier.

  Args:
    notes: int32 [N, 5], in steps and by onset.
    steps: length T of the line.
    low: the pitch of symbol 1.

  Returns:
    symbol: int32 [T]; struck: bool [T].
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


def to_cells(symbol: np.ndarray, is_onset: np.ndarray) -> np.ndarray:
  """Symbols and strikes, [T, ...] -> cells, int32 [T, ...]."""
  return 2 * symbol + _begins(symbol, is_onset).astype(np.int32)


def from_cells(
    x: np.ndarray, *, low: int, depth: int, velocity: int
) -> np.ndarray:
  """Cells of lines -> their notes; a cell beyond `depth` symbols is a rest.

  Args:
    x: any integers [T, V].
    low: the pitch of symbol 1.
    depth: number of symbols.
    velocity: given to every note.

  Returns:
    int32 [N, 5], track v from line v, by track and onset.
  """
  x = np.where((x >= 0) & (x < 2 * depth), x, 0).astype(np.int32)
  symbol, is_onset = x // 2, x % 2 == 1
  line, onset = np.nonzero(_begins(symbol, is_onset).T)
  # A cell that begins ends the one before it, if that is of the same line.
  end = np.where(
      np.append(line[1:], -1) == line, np.append(onset[1:], 0), len(x)
  )
  symbol = symbol[onset, line]
  notes = np.stack(
      [
          onset,
          end - onset,
          symbol + low - 1,
          np.full_like(onset, velocity),
          line,
      ],
      axis=1,
  )
  return notes[symbol > 0].astype(np.int32)


def transpose(x: np.ndarray, semitones: int) -> np.ndarray:
  """Moves the pitches of cells; rests stay."""
  moved = x.astype(np.int32) + 2 * semitones
  return np.where(x >= 2, moved, x).astype(x.dtype)


def transpose_range(x: np.ndarray, depth: int) -> tuple[int, int]:
  """How many semitones cells of `depth` symbols may go down and up."""
  symbol = x[x >= 2] // 2
  if not len(symbol):
    return 0, 0
  return int(symbol.min()) - 1, depth - 1 - int(symbol.max())


def _begins(symbol, is_onset):
  before = np.concatenate([np.zeros_like(symbol[:1]), symbol[:-1]])
  return (symbol != before) | (is_onset & (symbol > 0))
