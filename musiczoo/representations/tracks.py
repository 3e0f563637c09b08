"""Tracks: piano-rolls of five groups of instruments, bits [T, D].

The groups are those of the LPD-5 data set (Dong et al. 2018, "MuseGAN"): drums,
bass, guitar, piano, and strings, which stands for all the rest. A step is nine
planes of pitches, and `x.reshape(T, 9, pitches)` separates them:

  0     drums: struck
  1, 2  bass: sounding, struck
  3, 4  guitar: sounding, struck
  5, 6  piano: sounding, struck
  7, 8  strings: sounding, struck

An onset bit marks that a note begins. Without it a bass that repeats its note
would hold it, as in MuseGAN's own rolls. It is set where the sounding bit rises
too, so that a window which begins within a note is no special case. How long a
drum rings is up to the drum: a note of drums is a strike and lasts one step.
"""

import numpy as np

from musiczoo.music import score as score_lib
from musiczoo.music.score import DURATION, ONSET, PITCH, Score, TRACK, Track
from musiczoo.music.spec import Spec
from musiczoo.music.time import quantize
from musiczoo.representations.representation import check, Representation
from musiczoo.representations.sparse_roll import (
  as_sparse_roll,
  SparseRoll,
  steps,
  union,
)

GROUPS = (
  Track(0, drums=True, name='Drums'),
  Track(33, name='Bass'),
  Track(25, name='Guitar'),
  Track(0, name='Piano'),
  Track(48, name='Strings'),
)
PLANES = 2 * len(GROUPS) - 1

_DRUMS, _BASS, _GUITAR, _PIANO, _STRINGS = range(len(GROUPS))
_NONE = -1
# The group of each family of eight General MIDI programs, as in LPD-5, which
# leaves out synthesizer effects, pitched percussion and sound effects.
_FAMILIES = np.full(16, _STRINGS)
_FAMILIES[[0, 3, 4]] = _PIANO, _GUITAR, _BASS
_FAMILIES[[12, 14, 15]] = _NONE
_VELOCITY = 80


def tracks(
  *, steps_per_quarter: int = 4, low: int = 24, high: int = 107
) -> Representation:
  """What drums, bass, guitar, piano and strings play at each step.

  Kept: onset and end of each note in the pitches low..high, of drums its onset,
  with one instrument for each group. x is stored as `Runs`. A bar of 4/4 is
  4 * steps_per_quarter steps.

  Args:
    steps_per_quarter: the grid; 4 is sixteenths.
    low: the lowest pitch kept, of drums too.
    high: the highest pitch kept. The 84 pitches 24..107 are MuseGAN's and hold
      all drums of General MIDI.
  """
  check('steps_per_quarter', steps_per_quarter, 1, 32767)
  check('low', low, 0, 127)
  check('high', high, low, 127)
  pitches = high - low + 1
  depth = PLANES * pitches

  def encode(score):
    score = quantize(score, steps_per_quarter)
    group = group_of(score.tracks)[score.notes[:, TRACK]]
    pitch = score.notes[:, PITCH]
    kept = (group != _NONE) & (low <= pitch) & (pitch <= high)
    notes, group = score.notes[kept], group[kept]
    onset, key = notes[:, ONSET], notes[:, PITCH] - low
    end = onset + notes[:, DURATION]
    is_onset = 2 * group * pitches + key
    sounding = is_onset - pitches
    pitched = group != _DRUMS
    return union(
      np.concatenate([onset[pitched], onset]),
      np.concatenate([end[pitched], onset + 1]),
      np.concatenate([sounding[pitched], is_onset]),
      depth,
    )

  def decode(x):
    if not isinstance(x, SparseRoll):
      x = as_sparse_roll(np.asarray(x).reshape(-1, depth))
    notes = _notes(x, pitches)
    notes[:, PITCH] += low
    return score_lib.canonical(
      Score(notes, GROUPS, resolution=steps_per_quarter)
    )

  def transpose(x, semitones):
    x = as_sparse_roll(x)
    spans = x.spans.copy()
    spans[:, 2] += semitones * (spans[:, 2] >= pitches)
    return SparseRoll(spans, x.shape)

  def room(x):
    bit = as_sparse_roll(x).spans[:, 2]
    key = bit[bit >= pitches] % pitches
    if not len(key):
      return 0, 0
    return int(key.min()), pitches - 1 - int(key.max())

  return Representation(
    spec=Spec(
      kind='bits',
      depth=depth,
      shape=(depth,),
      dtype=np.uint8,
      steps_per_quarter=steps_per_quarter,
      planes=PLANES,
      parts=tuple(
        (track.name, slice(max(2 * g - 1, 0) * pitches, (2 * g + 1) * pitches))
        for g, track in enumerate(GROUPS)
      ),
    ),
    encode=encode,
    decode=decode,
    project=lambda score: decode(encode(score)),
    transpose=transpose,
    transpose_range=room,
  )


def group_of(tracks: tuple[Track, ...]) -> np.ndarray:
  """The place in `GROUPS` of each track, int [tracks]; -1 for none."""
  program = np.array([track.program for track in tracks], int)
  drums = np.array([track.drums for track in tracks], bool)
  return np.where(drums, _DRUMS, _FAMILIES[program // 8])


def _notes(x, pitches):
  """The notes of Runs, int32 [N, 5], pitches from 0.

  A note begins where a sounding run does and at each strike within, and ends
  where the run does or the next note begins; strikes outside are passed over.
  Drums sound where they are struck.
  """
  begin, end, bit = x.spans.astype(np.int64).T
  plane, key = bit // pitches, bit % pitches
  # Both planes of a pitch have one number, to which the step is added. No step
  # of one comes after the last of another: the order of time serves all.
  cell = ((plane + 1) // 2 * pitches + key) * (len(x) + 1)
  begin, end = cell + begin, cell + end
  strikes = plane % 2 == 0
  sounds = ~strikes | (plane == 0)
  is_onset = steps(begin[strikes], end[strikes])
  begin, end = begin[sounds], end[sounds]
  # Before the first run is the last of `append`, -1: an end at 0.
  run = np.searchsorted(begin, is_onset, side='right') - 1
  within = is_onset < np.append(end, 0)[run]
  onset = np.union1d(begin, is_onset[within])
  end = end[np.searchsorted(begin, onset, side='right') - 1]
  end[:-1] = np.minimum(end[:-1], onset[1:])
  cell, step = onset // (len(x) + 1), onset % (len(x) + 1)
  columns = step, end - onset, cell % pitches, _VELOCITY, cell // pitches
  return np.stack(np.broadcast_arrays(*columns), axis=1).astype(np.int32)
