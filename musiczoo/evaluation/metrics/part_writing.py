"""Rules of part-writing, and where a piece breaks them.

A rule is a function of `Parts` that returns where it is broken: steps, int64
[K], and which voices break it there, int64 [K, n], 0 being the highest. Rules
on two chords count the step of the second; rules on a state that lasts count
where it begins. Pairs of voices are compared by the size of their interval, so
a crossed pair breaks the same rules.
"""

from collections.abc import Callable
from itertools import combinations
from typing import NamedTuple

import numpy as np

from musiczoo.evaluation.metrics import keys
from musiczoo.evaluation.metrics.parts import (
  BAR,
  BEAT,
  changes,
  moves,
  Parts,
  parts as parts_of,
)
from musiczoo.music.choir import RANGES
from musiczoo.music.score import Score

Broken = tuple[np.ndarray, np.ndarray]

OCTAVE, FIFTH, TRITONE = 12, 7, 6
# Degrees of the dominant seventh and the leading-note triad, in semitones.
_LEADING, _DOMINANT = 11, (7, 11, 2, 5)


class Violation(NamedTuple):
  """A rule that is broken.

  Attributes:
    kind: of `RULES`.
    tick: of the Score.
    voices: the voices that break it, 0 the highest.
  """

  kind: str
  tick: int
  voices: tuple[int, ...]


def violations(score: Score) -> list[Violation]:
  """All broken rules of a Score in voices, by tick.

  Raises:
    ValueError: its tracks are no voices.
  """
  parts, found = parts_of(score), []
  for kind, rule in RULES.items():
    for step, voices in zip(*(x.tolist() for x in rule(parts))):
      tick = step * score.resolution // BEAT
      found.append(Violation(kind, tick, tuple(voices)))
  return sorted(found, key=lambda v: (v.tick, list(RULES).index(v.kind)))


def parallels(interval: int) -> Callable[[Parts], Broken]:
  """Two voices move in one direction from an interval into the same."""

  def rule(parts):
    found = changes(parts)
    pairs = _pairs(parts)
    similar = _similar(found, pairs)
    before, after = (_interval(x, pairs) for x in (found.before, found.after))
    broken = similar & (before == interval) & (after == interval)
    return _where(broken, found.step, pairs)

  return rule


def direct(interval: int) -> Callable[[Parts], Broken]:
  """The outer voices move in one direction into an interval, the upper by leap."""

  def rule(parts):
    found = changes(parts)
    pairs = np.array([[0, parts.pitch.shape[1] - 1]])
    before, after = (_interval(x, pairs) for x in (found.before, found.after))
    leaps = np.abs(found.motion[:, :1]) > 2
    broken = _similar(found, pairs) & leaps
    return _where(
      broken & (before != interval) & (after == interval), found.step, pairs
    )

  return rule


def overlaps(parts: Parts) -> Broken:
  """A voice moves beyond where its neighbour was, but does not cross it."""
  found = changes(parts)
  pairs = _neighbours(parts)
  before, after = found.before, found.after
  above = after[:, 1:] > before[:, :-1]
  below = after[:, :-1] < before[:, 1:]
  crossed = after[:, 1:] > after[:, :-1]
  return _where((above | below) & ~crossed, found.step, pairs)


def crossed(parts: Parts) -> np.ndarray:
  """Where neighbours are crossed, bool [T, V - 1]; False unless all sound."""
  pitch = parts.pitch
  return (pitch[:, :-1] < pitch[:, 1:]) & parts.is_full[:, None]


def wide(parts: Parts) -> np.ndarray:
  """Where neighbours above the lowest voice are over an octave apart.

  Returns:
    bool [T, V - 2]; False unless all voices sound.
  """
  apart = parts.pitch[:, :-2] - parts.pitch[:, 1:-1]
  return (apart > OCTAVE) & parts.is_full[:, None]


def crossings(parts: Parts) -> Broken:
  """Neighbours begin to be crossed."""
  return _where(_begins(crossed(parts)), None, _neighbours(parts))


def wide_spacings(parts: Parts) -> Broken:
  """Neighbours above the lowest voice come to be over an octave apart."""
  return _where(_begins(wide(parts)), None, _neighbours(parts)[:-1])


def out_of_range(parts: Parts) -> Broken:
  """A note is out of the range of its voice; of four voices only."""
  if parts.pitch.shape[1] != len(RANGES):
    return _where(np.zeros((0, 1), bool), None, np.zeros((1, 1), int))
  low, high = np.array(RANGES).T
  outside = (parts.pitch < low) | (parts.pitch > high)
  return _where(outside & parts.begins, None, np.arange(len(RANGES))[:, None])


def leaps(*sizes: int) -> Callable[[Parts], Broken]:
  """A voice moves by so many semitones."""

  def rule(parts):
    found = moves(parts)
    is_leap = np.isin(np.abs(found.motion), sizes)
    return found.step[is_leap], found.voice[is_leap, None]

  return rule


def augmented_seconds(parts: Parts) -> Broken:
  """A voice moves between degrees 6 and 7 of harmonic minor.

  In the key of the bar before the move and the bar after it.
  """
  found = moves(parts)
  thirds = np.abs(found.motion) == 3
  begin, step, voice = found.begin[thirds], found.step[thirds], found.voice
  voice = voice[thirds]
  key = keys.keys(keys.chroma(parts, begin - BAR, step + BAR))
  pitch = np.stack([parts.pitch[begin, voice], parts.pitch[step, voice]], 1)
  degree = np.sort((pitch - key[:, :1]) % 12, axis=1)
  broken = (degree == (8, 11)).all(axis=1) & (key[:, 1] == 1)
  return step[broken], voice[broken, None]


def doubled_leading_tones(parts: Parts) -> Broken:
  """A chord on the dominant has its leading note in two voices.

  In the key of four bars around it; chords are those of `changes`, of which all
  notes belong to the dominant seventh. The first two such voices are named.
  """
  found = changes(parts)
  around = found.step - keys.WINDOW // 2, found.step + keys.WINDOW // 2
  key = keys.keys(keys.chroma(parts, *around))
  degree = (found.after - key[:, :1]) % 12
  leading = degree == _LEADING
  doubled = np.isin(degree, _DOMINANT).all(axis=1) & (leading.sum(axis=1) > 1)
  voices = np.argsort(~leading[doubled], axis=1, kind='stable')[:, :2]
  return found.step[doubled], voices


RULES: dict[str, Callable[[Parts], Broken]] = {
  'parallel_fifths': parallels(FIFTH),
  'parallel_octaves': parallels(0),
  'direct_fifths': direct(FIFTH),
  'direct_octaves': direct(0),
  'crossings': crossings,
  'overlaps': overlaps,
  'wide_spacings': wide_spacings,
  'out_of_range': out_of_range,
  'leaps_over_octave': leaps(*range(OCTAVE + 1, 128)),
  'sevenths': leaps(10, 11),
  'tritones': leaps(TRITONE),
  'augmented_seconds': augmented_seconds,
  'doubled_leading_tones': doubled_leading_tones,
}


def _pairs(parts):
  """All pairs of voices, int [P, 2]."""
  pairs = list(combinations(range(parts.pitch.shape[1]), 2))
  return np.array(pairs, int).reshape(-1, 2)


def _neighbours(parts):
  """The pairs of voices next to each other, int [V - 1, 2]."""
  voice = np.arange(parts.pitch.shape[1] - 1)
  return np.stack([voice, voice + 1], axis=1)


def _interval(pitch, pairs):
  """The interval of each pair, without octaves: int [N, P]."""
  return np.abs(pitch[:, pairs[:, 0]] - pitch[:, pairs[:, 1]]) % OCTAVE


def _similar(found, pairs):
  """Whether both voices of a pair move, in one direction: bool [N, P]."""
  motion = found.motion
  return motion[:, pairs[:, 0]] * motion[:, pairs[:, 1]] > 0


def _begins(mask):
  """Where a state begins: bool like the mask, of which axis 0 is time."""
  return mask & ~np.concatenate([np.zeros_like(mask[:1]), mask[:-1]])


def _where(mask, steps, voices):
  """Steps and voices of a mask [N, P], whose rows are steps if None is given."""
  row, column = np.nonzero(mask)
  return (row if steps is None else steps[row]), voices[column]
