"""Tracks: piano-rolls of five groups of instruments, bits [T, D].

The groups are those of the LPD-5 data set (Dong et al. 2018, "MuseGAN"): drums,
bass, guitar, piano, and strings, which stands for all the rest. A step is nine
planes of pitches, and `x.reshape(T, 9, pitches)` separates them:

  0     drums: onset
  1, 2  bass: sounding, onset
  3, 4  guitar: sounding, onset
  5, 6  piano: sounding, onset
  7, 8  strings: sounding, onset

An onset bit marks that a note begins. Without it a bass that repeats its note
would hold it, as in MuseGAN's own rolls. It is set where the sounding bit rises
too, so that a window which begins within a note is no special case. A note of
drums is an onset and lasts one step.
"""

import numpy as np

from musiczoo.music.score import DURATION, ONSET, PITCH, to_notes, TRACK, Track
from musiczoo.music.spec import Spec
from musiczoo.representations import representation, sparse_roll
from musiczoo.representations.sparse_roll import as_sparse_roll, SparseRoll

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


@representation.checked
def tracks(
  *,
  steps_per_quarter: representation.Steps = 4,
  low: representation.Pitch = 24,
  high: representation.Pitch = 107,
) -> representation.Representation:
  """What drums, bass, guitar, piano and strings play at each step.

  Kept: onset and end of each note in the pitches low..high, of drums its onset,
  with one instrument for each group. x is stored as a SparseRoll. A bar of 4/4
  is 4 * steps_per_quarter steps.

  Args:
    steps_per_quarter: the grid; 4 is sixteenths.
    low: the lowest pitch kept, of drums too.
    high: the highest pitch kept. The 84 pitches 24..107 are MuseGAN's and hold
      all drums of General MIDI.
  """
  representation.check_high(high, low)
  pitches = high - low + 1
  depth = PLANES * pitches

  def encode(score):
    group = group_of(score.tracks)[score.notes[:, TRACK]]
    pitch = score.notes[:, PITCH]
    kept = (group != _NONE) & (low <= pitch) & (pitch <= high)
    notes, group = score.notes[kept], group[kept]
    onset, key = notes[:, ONSET], notes[:, PITCH] - low
    end = onset + notes[:, DURATION]
    is_onset = 2 * group * pitches + key
    sounding = is_onset - pitches
    pitched = group != _DRUMS
    return sparse_roll.union(
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
    return notes

  def transpose(x, semitones):
    x = as_sparse_roll(x)
    spans = x.spans.copy()
    spans[:, 2] += semitones * (spans[:, 2] >= pitches)
    return SparseRoll(spans, x.shape)

  def transpose_range(x):
    bit = as_sparse_roll(x).spans[:, 2]
    key = bit[bit >= pitches] % pitches
    if not len(key):
      return 0, 0
    return int(key.min()), pitches - 1 - int(key.max())

  parts = tuple(
    (track.name, slice(max(2 * g - 1, 0) * pitches, (2 * g + 1) * pitches))
    for g, track in enumerate(GROUPS)
  )
  return representation.of_notes(
    Spec('bits', depth, (depth,), np.uint8, steps_per_quarter, PLANES, parts),
    encode,
    decode,
    GROUPS,
    transpose=transpose,
    transpose_range=transpose_range,
  )


def group_of(tracks: tuple[Track, ...]) -> np.ndarray:
  """The place in `GROUPS` of each track, int [tracks]; -1 for none."""
  program = np.array([track.program for track in tracks], int)
  drums = np.array([track.drums for track in tracks], bool)
  return np.where(drums, _DRUMS, _FAMILIES[program // 8])


def _notes(x, pitches):
  """The notes of a SparseRoll, int32 [N, 5], pitches from 0.

  A note begins where a run of a sounding bit does and at each onset within, and
  ends where the run does or the next note begins; onsets outside are ignored.
  The onsets of drums are their notes.
  """
  begin, end, bit = x.spans.astype(np.int64).T
  plane, key = bit // pitches, bit % pitches
  # Both planes of a pitch have one number, to which the step is added. No step
  # of one comes after the last of another: the order of time serves all.
  cell = ((plane + 1) // 2 * pitches + key) * (len(x) + 1)
  begin, end = cell + begin, cell + end
  is_onset = plane % 2 == 0
  sounds = ~is_onset | (plane == 0)
  onset = sparse_roll.steps(begin[is_onset], end[is_onset])
  begin, end = begin[sounds], end[sounds]
  # Before the first run is the last of `append`, -1: an end at 0.
  run = np.searchsorted(begin, onset, side='right') - 1
  within = onset < np.append(end, 0)[run]
  onset = np.union1d(begin, onset[within])
  end = end[np.searchsorted(begin, onset, side='right') - 1]
  end[:-1] = np.minimum(end[:-1], onset[1:])
  cell, step = onset // (len(x) + 1), onset % (len(x) + 1)
  duration = end - onset
  return to_notes(
    step, duration, cell % pitches, representation.VELOCITY, cell // pitches
  )
