"""Runs a command with a part of the models of songs left out.

  python -m benchmarks.song_parts PART experiments.train --config=... --workdir=...
  python -m benchmarks.song_parts PART experiments.evaluate --workdir=...

PART is one of

  plans     no slot repeats a bar: all its notes are rows
  look_back nets are not given what earlier bars have at the place of a row
  chords    BAR rows have none

or none, for the whole model. Encoded pieces are cached with a dataset: give each
part a copy of its own.
"""

import runpy
import sys
from unittest import mock

import numpy as np

from musiczoo.music import compound_rows as rows
from musiczoo.nn import bar_memory
from musiczoo.representations import compound_encoder

LOOKUP = bar_memory.lookup


def _plans(notes):
  """Every slot that plays in a bar plays new notes."""
  bars = np.unique(notes[:, [0, 2]], axis=0)
  plans = np.column_stack([bars, np.full(len(bars), rows.NEW)])
  return plans, np.zeros(len(notes), bool)


def _lookup(notes, at, is_kept_BxK=None):
  """No earlier bar is found."""
  del is_kept_BxK
  shape = len(at.bar), len(bar_memory.BACK)
  return LOOKUP(notes, at, np.zeros(shape, bool))


def _chords(score, starts):
  """No bar has a chord."""
  del score
  return np.zeros((len(starts) - 1, 2), np.int64)


PARTS = {
  'plans': (compound_encoder, '_plans', _plans),
  'look_back': (bar_memory, 'lookup', _lookup),
  'chords': (compound_encoder, 'chords', _chords),
}


def main():
  if len(sys.argv) < 3 or sys.argv[1] not in (*PARTS, 'none'):
    sys.exit(__doc__)
  _, part, command, *arguments = sys.argv
  sys.argv = [command, *arguments]
  if part == 'none':
    runpy.run_module(command, run_name='__main__', alter_sys=True)
  else:
    with mock.patch.object(*PARTS[part]):
      runpy.run_module(command, run_name='__main__', alter_sys=True)


if __name__ == '__main__':
  main()
