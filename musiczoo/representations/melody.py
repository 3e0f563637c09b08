"""Melody: the highest sounding note of each step, int16 [T]."""

import numpy as np

from musiczoo.music.spec import Spec
from musiczoo.representations import cells, representation
from musiczoo.representations.pianoroll import kept, rasterize


@representation.checked
def melody(
  *,
  steps_per_quarter: representation.Steps = 4,
  low: representation.Pitch = 21,
  high: representation.Pitch = 108,
) -> representation.Representation:
  """The highest sounding note, a pitch or a rest, and where it begins.

  A token is 2 * symbol + onset (see `cells`). Kept: the upper line of the
  pitches low..high of all pitched tracks, as one piano.

  Args:
    steps_per_quarter: the grid; 4 is sixteenths.
    low: the lowest pitch kept.
    high: the highest pitch kept.
  """
  representation.check_high(high, low)
  symbols = high - low + 2

  def encode(score):
    sounding, is_onset = rasterize(kept(score, low, high), low, high)
    key = high - low - np.argmax(sounding[:, ::-1], axis=1)
    symbol = np.where(sounding.any(axis=1), key + 1, 0)
    is_onset = is_onset[np.arange(len(key)), key]
    return cells.to_cells(symbol, is_onset).astype(np.int16)

  def decode(x):
    x = np.asarray(x).reshape(-1, 1)
    return cells.from_cells(x, low=low, depth=symbols)

  return representation.of_notes(
    Spec('tokens', 2 * symbols, (), np.int16, steps_per_quarter, low=low),
    encode,
    decode,
    transpose=cells.transpose,
    transpose_range=lambda x: cells.transpose_range(x, symbols),
  )
