"""Features of a piece in voices, each a distribution over ordered bins."""

from collections.abc import Callable

import numpy as np

from musiczoo.evaluation.metrics import form, keys, sonorities, voice_leading
from musiczoo.evaluation.metrics.beat_chords import beat_chords, SHAPES
from musiczoo.evaluation.metrics.parts import moves, Parts

_BINS = 51  # Of a feature that is one number.


def features(parts: Parts) -> dict[str, np.ndarray]:
  """The distribution of each feature in a piece, float64 [bins].

  Those that are undefined, for the piece is too short, are left out.
  """
  if not len(parts.chords):
    return {}
  figures = voice_leading.measure(parts)
  found = {name: count(parts) for name, count in _HISTOGRAMS.items()}
  for name, (names, most) in _NUMBERS.items():
    pairs = [figures[n] for n in names]
    if all(base for _, base in pairs):
      mean = sum(count / base for count, base in pairs) / len(pairs)
      found[name] = one_number(mean / most)
  return {n: row / row.sum() for n, row in found.items() if row.sum()}


def _note_lengths(parts):
  voice, step = np.nonzero(parts.begins.T)
  last = np.append(voice[1:] != voice[:-1], True)
  # A rest is no part of the note before it, but seldom and short.
  end = np.where(last, parts.end, np.append(step[1:], 0))
  return np.bincount(np.minimum(end - step, 16), minlength=17)[1:]


def _motion(first, stop):
  """Motion of the voices first..stop, -13 to 13 semitones."""

  def count(parts):
    found = moves(parts)
    voices = range(parts.pitch.shape[1])[first:stop]
    motion = np.clip(found.motion[np.isin(found.voice, voices)], -13, 13)
    return np.bincount(motion + 13, minlength=27)

  return count


def _degrees(parts):
  """Degrees of notes on the circle of fifths, from the second to the seventh."""
  key = keys.keys(keys.chroma(parts, [0], [len(parts.pitch)]))[0]
  pitch = parts.pitch[parts.begins]
  # On the circle a major scale is seven neighbours, the fourth degree first.
  place = (7 * (pitch - key[0] - 3 * key[1]) + 4) % 12
  return np.bincount(place, minlength=12)


def _qualities(parts):
  return np.bincount(beat_chords(parts).quality, minlength=len(SHAPES))


def _root_motion(parts):
  """Fifths, -5 to 6, from one chord of the beats to the next root."""
  root = beat_chords(parts).root
  fifths = (7 * np.diff(root) + 5) % 12
  return np.bincount(fifths[np.diff(root) != 0], minlength=12)


def _spacing(parts):
  """Semitones between neighbours, up to 24, at each chord."""
  pitch = parts.pitch[parts.chords]
  pitch = pitch[(pitch >= 0).all(axis=1)]
  apart = np.clip(pitch[:, :-1] - pitch[:, 1:], 0, 24)
  return np.bincount(apart.ravel(), minlength=25)


def _places(parts):
  """Onsets on quarters, eighths and sixteenths."""
  place = np.nonzero(parts.begins)[0] - sonorities.beat_phase(parts)
  kind = np.array([0, 2, 1, 2])[place % 4]
  return np.bincount(kind, minlength=3)


def _chord_lengths(parts):
  return np.bincount(np.minimum(form.chord_lengths(parts), 16), minlength=17)[
    1:
  ]


_HISTOGRAMS: dict[str, Callable[[Parts], np.ndarray]] = {
  'note_lengths': _note_lengths,
  'chord_lengths': _chord_lengths,
  'onset_places': _places,
  'motion_highest': _motion(0, 1),
  'motion_inner': _motion(1, -1),
  'motion_lowest': _motion(-1, None),
  'spacing': _spacing,
  'degrees': _degrees,
  'chord_qualities': _qualities,
  'root_motion': _root_motion,
}
# Features of one number: the mean of some figures of `voice_leading`, and what
# of it is in the last bin.
_NUMBERS = {
  'parallels': (
    ('parallel_fifths_per_100_changes', 'parallel_octaves_per_100_changes'),
    20,
  ),
  'other_hard_violations': (
    (
      'crossings_per_100_changes',
      'overlaps_per_100_changes',
      'wide_spacings_per_100_changes',
      'out_of_range_per_100_changes',
    ),
    20,
  ),
  'leaps': (('leaps_over_octave_per_1000_moves',), 50),
  'dissonant_beats': (('beats_no_triad_or_seventh_share',), 1),
  'in_key': (('notes_in_key_of_four_bars_share',), 1),
  'key_drift': (('key_drift_fifths_per_four_bars',), 6),
  'similarity': (('soprano_bars_like_earlier_share',), 1),
  'long_chords': (('long_chords_per_four_bars',), 4),
  'beginning': (
    ('begins_on_root_triad_share', 'begins_on_tonic_share'),
    1,
  ),
  'ending': (
    (
      'ends_on_root_triad_share',
      'ends_on_tonic_share',
      'ends_on_cadence_share',
    ),
    1,
  ),
}


def one_number(value):
  """A number from 0 to 1 as a distribution of that mean, over two bins."""
  place = np.clip(value, 0, 1) * (_BINS - 1)
  low = int(min(place, _BINS - 2))
  row = np.zeros(_BINS)
  row[low], row[low + 1] = low + 1 - place, place - low
  return row
