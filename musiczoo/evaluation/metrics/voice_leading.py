"""Voice-leading and form of pieces in voices: figures by name.

A figure is a count and what it is counted against, its base. So the rate of a
corpus is the sum of the counts over the sum of the bases. How much happens
stands beside what goes wrong, for a piece in which nothing moves breaks no rule.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from musiczoo.evaluation.metrics import cadences, form, keys, sonorities
from musiczoo.evaluation.metrics.bootstrap import ratio_summary
from musiczoo.evaluation.metrics.part_writing import crossed, RULES, wide
from musiczoo.evaluation.metrics.parts import (
  BAR,
  BEAT,
  changes,
  moves,
  Parts,
  parts as parts_of,
)
from musiczoo.music.score import Score

# A count and its base, both numbers.
Ratio = tuple[float, float]

_PER_1000_MOVES = (
  'leaps_over_octave',
  'sevenths',
  'tritones',
  'augmented_seconds',
)
# Rules that no style of four voices allows; a figure sums them.
HARD = (
  'parallel_fifths',
  'parallel_octaves',
  'crossings',
  'overlaps',
  'wide_spacings',
  'out_of_range',
)


def voice_leading(scores: Sequence[Score]) -> dict[str, np.ndarray]:
  """Each figure of each piece.

  Args:
    scores: whose tracks are voices, the highest first.

  Returns:
    name -> float64 [pieces, 2], count and base.

  Raises:
    ValueError: the tracks of a Score are no voices.
  """
  pieces = [measure(parts_of(score)) for score in scores]
  return {
    name: np.array([piece[name] for piece in pieces], float).reshape(-1, 2)
    for name in VOICE_LEADING
  }


def measure(parts: Parts) -> dict[str, Ratio]:
  """Each figure of a piece as count and base; (0, 0) if it is silent."""
  if not len(parts.chords):
    return dict.fromkeys(VOICE_LEADING, (0, 0))
  found = {}
  for group in _GROUPS:
    found |= group(parts)
  return found


def rates(
  figures: Mapping[str, np.ndarray], *, seed: int = 0
) -> dict[str, tuple[float, float, float]]:
  """The rate of each figure over all pieces, and its 95 % bootstrap interval.

  Args:
    figures: name -> [pieces, 2], as of `voice_leading`.

  Returns:
    name -> rate, low, high; nan where the base is 0.
  """
  return ratio_summary(
    {name: pair[:, 0] for name, pair in figures.items()},
    {name: pair[:, 1] for name, pair in figures.items()},
    seed=seed,
  )


def _amounts(parts) -> dict[str, Ratio]:
  steps, motion = len(parts.pitch), np.abs(moves(parts).motion)
  return {
    'quarters_per_piece': (steps / BEAT, 1),
    'notes_per_quarter': (parts.begins.sum(), steps / BEAT),
    'chord_changes_per_bar': (len(changes(parts).step), steps / BAR),
    'stepwise_moves_share': (((motion > 0) & (motion <= 2)).sum(), len(motion)),
    'repeated_notes_share': ((motion == 0).sum(), len(motion)),
    'rests_share': ((parts.pitch < 0).sum(), parts.pitch.size),
  }


def _rules(parts) -> dict[str, Ratio]:
  counts = {kind: len(rule(parts)[0]) for kind, rule in RULES.items()}
  num_changes, num_moves = len(changes(parts).step), len(moves(parts).step)
  found = {}
  for kind, count in counts.items():
    if kind in _PER_1000_MOVES:
      found[f'{kind}_per_1000_moves'] = count, num_moves / 1000
    else:
      found[f'{kind}_per_100_changes'] = count, num_changes / 100
  hard = sum(counts[kind] for kind in HARD)
  full = parts.is_full.sum()
  return found | {
    'hard_violations_per_100_changes': (hard, num_changes / 100),
    'crossed_steps_share': (crossed(parts).any(axis=1).sum(), full),
    'wide_steps_share': (wide(parts).any(axis=1).sum(), full),
    'out_of_range_notes_share': (counts['out_of_range'], parts.begins.sum()),
  }


def _harmony(parts) -> dict[str, Ratio]:
  beats = sonorities.as_set(sonorities.beats(parts))
  windows = keys.windows(parts)
  key = keys.keys(windows)
  apart = keys.fifths_apart(key[:-1], key[1:])
  whole = keys.in_scale(keys.chroma(parts, [0], [len(parts.pitch)]))
  return {
    'beats_no_triad_share': ((~sonorities.IN_TRIAD[beats]).sum(), len(beats)),
    'beats_no_triad_or_seventh_share': (
      (~sonorities.IN_CHORD[beats]).sum(),
      len(beats),
    ),
    'notes_in_key_of_four_bars_share': (
      keys.in_scale(windows).sum(),
      len(windows),
    ),
    'notes_in_key_of_piece_share': (whole[0], 1),
    'key_drift_fifths_per_four_bars': (apart.sum(), len(apart)),
  }


def _cadences(parts) -> dict[str, Ratio]:
  root, tonic = cadences.begins_on(parts)
  end, inner = np.array([parts.end]), cadences.inner_ends(parts)
  return {
    'begins_on_root_triad_share': (root, 1),
    'begins_on_tonic_share': (tonic, 1),
    'ends_on_root_triad_share': (
      cadences.closes_on_root_triad(parts, end)[0],
      1,
    ),
    'ends_on_tonic_share': (cadences.closes_on_tonic(parts, end)[0], 1),
    'ends_on_cadence_share': (cadences.closes_on_cadence(parts, end)[0], 1),
    'half_note_cadence_late_share': (cadences.half_note_cadence(parts), 1),
    'phrases_end_on_root_triad_share': (
      cadences.closes_on_root_triad(parts, inner).sum(),
      len(inner),
    ),
    'phrases_end_on_tonic_share': (
      cadences.closes_on_tonic(parts, inner).sum(),
      len(inner),
    ),
    'phrases_end_on_cadence_share': (
      cadences.closes_on_cadence(parts, inner).sum(),
      len(inner),
    ),
  }


def _form(parts) -> dict[str, Ratio]:
  similar = form.similarity(parts)
  is_long = (form.chord_lengths(parts) >= form.LONG).sum()
  return {
    'long_chords_per_four_bars': (is_long, len(parts.pitch) / (4 * BAR)),
    'soprano_bars_like_earlier_share': (similar.sum(), len(similar)),
  }


def _rhythm(parts) -> dict[str, Ratio]:
  place = np.nonzero(parts.begins)[0] - sonorities.beat_phase(parts)
  quarters, eighths, notes = (place % n == 0 for n in (4, 2, 1))
  count = notes.sum()
  return {
    'onsets_on_quarters_share': (quarters.sum(), count),
    'onsets_on_eighths_share': ((eighths & ~quarters).sum(), count),
    'onsets_on_sixteenths_share': ((notes & ~eighths).sum(), count),
    'pieces_losing_beat_share': (form.loses_beat(parts), 1),
  }


# The functions of figures, in the order in which they are shown.
_GROUPS: tuple[Callable[[Parts], dict[str, Ratio]], ...] = (
  _amounts,
  _rules,
  _harmony,
  _cadences,
  _form,
  _rhythm,
)


def _names():
  """The names of all figures: those of one chord of one note."""
  pitch, begins = np.array([[60]]), np.ones((1, 1), bool)
  parts = Parts(pitch, begins, np.zeros(0, np.int64))
  return tuple(name for group in _GROUPS for name in group(parts))


VOICE_LEADING = _names()
