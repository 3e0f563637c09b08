"""Melody: the highest sounding note of each step, int16 [T]."""

import numpy as np

from musiczoo.music import score as score_lib
from musiczoo.music.score import Score, Track
from musiczoo.music.spec import Spec
from musiczoo.music.time import quantize
from musiczoo.representations import cells
from musiczoo.representations.pianoroll import kept, rasterize
from musiczoo.representations.representation import check, Representation

_VELOCITY = 80


def melody(
  *, steps_per_quarter: int = 4, low: int = 21, high: int = 108
) -> Representation:
  """The highest sounding note, a pitch or a rest, struck or held.

  A token is 2 * symbol + struck (see `lines`). Kept: the upper line of the
  pitches low..high of all pitched tracks, as one piano.

  Args:
    steps_per_quarter: the grid; 4 is sixteenths.
    low: the lowest pitch kept.
    high: the highest pitch kept.
  """
  check('steps_per_quarter', steps_per_quarter, 1, 32767)
  check('low', low, 0, 127)
  check('high', high, low, 127)
  symbols = high - low + 2

  def encode(score):
    score = quantize(score, steps_per_quarter)
    sounding, is_onset = rasterize(kept(score, low, high), low, high)
    key = high - low - np.argmax(sounding[:, ::-1], axis=1)
    symbol = np.where(sounding.any(axis=1), key + 1, 0)
    is_onset = is_onset[np.arange(len(key)), key]
    return cells.to_cells(symbol, is_onset).astype(np.int16)

  def decode(x):
    notes = cells.from_cells(
      np.asarray(x).reshape(-1, 1), low=low, depth=symbols, velocity=_VELOCITY
    )
    return score_lib.canonical(
      Score(notes, (Track(),), resolution=steps_per_quarter)
    )

  return Representation(
    spec=Spec(
      kind='tokens',
      depth=2 * symbols,
      shape=(),
      dtype=np.int16,
      steps_per_quarter=steps_per_quarter,
    ),
    encode=encode,
    decode=decode,
    project=lambda score: decode(encode(score)),
    transpose=cells.transpose,
    transpose_range=lambda x: cells.transpose_range(x, symbols),
  )
