"""The key and the chords of a Score.

Both are estimated from notes and meters alone, not from the key signatures of a
file. Ticks are compared exactly, so quantize a performance first.
"""

from typing import NamedTuple

import numpy as np

from musiczoo.music import metre
from musiczoo.music.chord_names import QUALITIES
from musiczoo.music.score import DURATION, ONSET, PITCH, pitched, Score

# The share of time of each degree in major and in minor: Albrecht and Shanahan
# (2013), "The use of large corpora to train a new type of key-finding
# algorithm". They find the key of more chorales than the five pairs of profiles
# in music21 (benchmarks/analysis.py).
_PROFILES = np.array(
  """
  .238 .006 .111 .006 .137 .094 .016 .214 .009 .080 .008 .081
  .220 .006 .104 .123 .019 .103 .012 .214 .062 .022 .061 .052
""".split(),
  float,
).reshape(2, 12)

# Tuned on fifteen chorales with analyses by hand (benchmarks/analysis.py).
_ACCENT = 5  # Weight of pitches that sound at the beginning of a half bar.
_SEVENTH = 0.1  # Penalty of a seventh chord.
_BASS = 0.05  # Bonus of a root in the bass.

_BLOCK = 4096  # Half bars at a time, which bounds the memory of long files.


class Key(NamedTuple):
  """A key.

  Attributes:
    tonic: pitch class, 0 (C) to 11 (B).
    minor: 0 or 1.
    confidence: its correlation less that of the next best key, 0 to 2. Of the
      chorales a quarter is wrong below 0.1, one in 25 above 0.2.
  """

  tonic: int
  minor: int
  confidence: float

  @property
  def sharps(self) -> int:
    """Of its signature: from five flats, -5, to six sharps."""
    return (7 * self.tonic - 3 * self.minor + 5) % 12 - 5


def key(score: Score) -> Key | None:
  """The key of a whole Score; None if all pitch classes sound equally long.

  The duration of each pitch class is correlated with the profile of each key:
  the algorithm of Krumhansl and Schmuckler (Krumhansl 1990, chapter 4).
  """
  notes = score.notes[pitched(score)]
  return key_of(notes[:, PITCH], notes[:, DURATION])


def key_of(pitch: np.ndarray, duration: np.ndarray) -> Key | None:
  """As `key`, of pitched notes."""
  time = np.bincount(pitch % 12, duration, 12)
  time = time - time.mean()
  if not time.any():
    return None
  correlation = KEYS @ time / np.linalg.norm(time)
  second, best = np.argsort(correlation)[-2:]
  confidence = correlation[best] - correlation[second]
  return Key(int(best) % 12, int(best) // 12, float(confidence))


def chords(score: Score) -> np.ndarray:
  """The chord of each half bar.

  Of all triads and seventh chords the one whose tones sound longest. Pitches
  that sound as the half bar begins weigh more, seventh chords are penalised,
  and a root in the bass is favoured.

  Returns:
    int32 [half bars, 3], the columns tick, root 0 (C) to 11, quality (its place
    in `QUALITIES`); where fewer than two pitch classes sound, 0 and `NO_CHORD`.
  """
  notes = score.notes[pitched(score)]
  lines = metre.half_bars(score)
  ticks, pitch, step = _edges(notes)
  # Without an onset or an end a half bar has the chord of the one before: the
  # cost does not grow with empty bars.
  busy = np.zeros(len(lines), bool)
  busy[metre.bar_of(lines, ticks)] = True
  new = (busy | np.append(True, busy[:-1]))[:-1]
  starts = np.append(lines[:-1][new], lines[-1])
  blocks = [
    _chords(ticks, pitch, step, starts[i : i + _BLOCK + 1])
    for i in range(0, len(starts) - 1, _BLOCK)
  ]
  found = np.concatenate([np.zeros((0, 2), np.int64), *blocks])
  columns = [lines[:-1], found[np.cumsum(new) - 1]]
  return np.column_stack(columns).astype(np.int32)


def _rotations(profiles):
  """Each profile of degrees on each of the twelve tonics: [12 * N, 12]."""
  degree = (np.arange(12) - np.arange(12)[:, None]) % 12
  return np.asarray(profiles)[:, degree].reshape(-1, 12)


def _normalized(profiles):
  """Rows whose product with a histogram, less its mean, is their correlation."""
  profiles = profiles - profiles.mean(axis=1, keepdims=True)
  return profiles / np.linalg.norm(profiles, axis=1, keepdims=True)


# Of the twelve major keys, then of the minor ones: [24, 12].
KEYS = _normalized(_rotations(_PROFILES))


def _edges(notes):
  """Where notes begin and end: tick, pitch and +1 or -1, in order of ticks."""
  onset, end = notes[:, ONSET], notes[:, ONSET] + notes[:, DURATION]
  ticks = np.concatenate([onset, end])
  order = np.argsort(ticks, kind='stable')
  pitch = np.tile(notes[:, PITCH], 2)[order]
  return ticks[order], pitch, np.repeat([1, -1], len(notes))[order]


def _chords(ticks, pitch, step, lines):
  """Root and quality of the chord between lines, int64 [spans, 2]."""
  time, first = _sounding(ticks, pitch, step, lines)
  weight = time * np.where(first, _ACCENT, 1)
  # Eleven octaves are summed to one; 128 pitches and four of padding.
  weight = np.pad(weight, [(0, 0), (0, 4)]).reshape(-1, 11, 12).sum(axis=1)
  sounds = first | (~first.any(axis=1, keepdims=True) & (time > 0))
  bass = np.argmax(sounds, axis=1) % 12

  sets = [np.isin(np.arange(12), tones) for tones in QUALITIES.values()][1:]
  tones = _rotations(sets).astype(float)
  root, quality = np.arange(len(tones)) % 12, np.arange(len(tones)) // 12 + 1
  share = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1)
  fit = share @ tones.T - _SEVENTH * (tones.sum(axis=1) == 4)
  fit = fit + _BASS * (bass[:, None] == root)
  best = np.argmax(fit, axis=1)
  found = np.count_nonzero(share, axis=1) >= 2
  return np.stack([root[best] * found, quality[best] * found], axis=1)


def _sounding(ticks, pitch, step, lines):
  """How long each pitch sounds between lines, from the `_edges` of notes.

  Returns:
    time: float64 [spans, 128], ticks; two notes at once count twice.
    first: bool [spans, 128], which pitches sound at the beginning.
  """
  before, last = np.searchsorted(ticks, lines[[0, -1]], side='right')
  begun = np.bincount(pitch[:before], step[:before], 128)
  within = slice(before, last)
  ticks, pitch, step = ticks[within], pitch[within], step[within]
  span = np.searchsorted(lines, ticks) - 1
  shape = len(lines) - 1, 128

  def summed(values):
    cells = np.bincount(span * 128 + pitch, values, shape[0] * shape[1])
    return cells.reshape(shape)

  count = np.cumsum(np.concatenate([begun[None], summed(step)[:-1]]), axis=0)
  time = count * np.diff(lines)[:, None]
  time += summed(step * (lines[span + 1] - ticks))
  return time, count > 0
