"""Compound: notes with durations, bar by bar, as rows of five attributes.

A row is one note, with all that belongs to it, as in the Compound Word
representation (Hsiao et al. 2021); its place in the bar, its program and the
tempo and meter of the bar are after REMI (Huang and Yang 2020) and REMI+ (von
Rütte et al. 2023). A note has a duration, so that none can hang. What an
instrument repeats of an earlier bar is one row: of real songs that is half.
"""

from typing import Annotated

import numpy as np

from musiczoo.errors import Range
from musiczoo.music.compound_rows import COLUMNS, Layout
from musiczoo.music.quantize import quantize
from musiczoo.music.spec import Spec
from musiczoo.representations import (
  compound_changes,
  compound_decoder,
  compound_encoder,
  representation,
)


@representation.checked
def compound(
  *, steps_per_quarter: Annotated[int, Range(1, 32)] = 12
) -> representation.Representation:
  """Notes with durations, copies, bars, chords, tempo, meter and programs.

  Kept: at most sixteen instruments (all drums are one, and of others the
  smallest join those of the nearest program), durations of classes, velocities
  of sixteen classes, tempi of twelve classes an octave at bar lines, meters;
  bars that no meter of whole steps describes are of 4/4. Not kept: the lengths
  of drums, names, keys.

  Args:
    steps_per_quarter: the grid; 12 has sixteenths and triplets of eighths.
  """
  layout = Layout(steps_per_quarter)

  def encode(score):
    return compound_encoder.encode(quantize(score, steps_per_quarter), layout)

  def decode(x):
    return compound_decoder.decode(x, layout)

  return representation.Representation(
    Spec(
      'compound',
      layout.places,
      (COLUMNS,),
      np.int16,
      steps_per_quarter,
      end_token=layout.end,
    ),
    encode,
    decode,
    lambda score: decode(encode(score)),
    lambda x, semitones: compound_changes.transpose(x, semitones, layout),
    lambda x: compound_changes.transpose_range(x, layout),
    lambda x, *changes: compound_changes.augment(x, *changes, layout),
    fragment=lambda x, share: compound_changes.fragment(x, share, layout),
  )
