"""Openings of songs: their first bars of 4/4, so that all are of one length.

32 bars from the bar of the first note, on a grid of twelve steps to a quarter
note, which has sixteenths and triplets.
"""

import numpy as np

from musiczoo.music import metre
from musiczoo.music.quantize import quantize, to_steps
from musiczoo.music.score import DURATION, ONSET, Score, TRACK

STEPS = 12  # To a quarter note.
BAR = 4 * STEPS
BARS = 32


def opening(score: Score, bars: int = BARS) -> Score:
  """The notes that begin in the first bars, from the bar of the first note.

  Bars are of 4/4 whatever the meter, from tick 0. Notes keep their whole length.
  Onsets and lengths are rounded each by itself, so that notes of one length have
  one length on the grid. Drum kits are one track, and there are no tracks without
  notes, no tempi, meters or keys.

  Returns:
    a Score of `STEPS` to a quarter note, from tick 0; without notes if `score` is.
  """
  notes = np.array(score.notes, np.int32)
  times = [ONSET, DURATION]
  notes[:, times] = to_steps(notes[:, times], score.resolution, STEPS)
  notes[:, DURATION] = np.maximum(notes[:, DURATION], 1)
  notes[:, ONSET] -= notes[:, ONSET].min(initial=2**31 - 1) // BAR * BAR
  notes = notes[notes[:, ONSET] < bars * BAR]
  drums = np.array([track.drums for track in score.tracks], bool)
  one = np.where(drums, np.argmax(drums), np.arange(len(drums)))
  used, track = np.unique(one[notes[:, TRACK]], return_inverse=True)
  notes[:, TRACK] = track
  tracks = tuple(score.tracks[i] for i in used.tolist())
  return Score(notes, tracks, resolution=STEPS)


def has_opening(score: Score, bars: int = BARS) -> bool:
  """Whether a song's first bars are 4/4, with two notes in a bar on average.

  A note has to begin in the last of them or later.
  """
  notes = score.notes[:, ONSET]
  if not len(notes):
    return False
  first = to_steps(notes.min(), score.resolution, STEPS) // BAR * BAR
  wanted = first + BAR * np.arange(bars + 1)
  lines = metre.bars(quantize(score, STEPS), int(wanted[-1]))
  begin = int(np.searchsorted(lines, first))
  return (
    np.array_equal(lines[begin : begin + bars + 1], wanted)
    and to_steps(notes.max(), score.resolution, STEPS) >= wanted[-2]
    and len(opening(score, bars).notes) >= 2 * bars
  )
