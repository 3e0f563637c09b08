"""Bars, key, chords and note density of a Score.

All comes from notes and meters alone: key and chord events of a file are
not read. Ticks are compared as they are, so quantize a performance first.
"""

import re
from typing import NamedTuple

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music import score as score_lib
from musiczoo.music.score import DURATION, ONSET, PITCH, Score

# Chord symbol without its root -> semitones above the root. The quality of a
# chord is its place in this list.
QUALITIES = {
    'N.C.': (),  # No chord.
    '': (0, 4, 7),
    'm': (0, 3, 7),
    'dim': (0, 3, 6),
    'aug': (0, 4, 8),
    '7': (0, 4, 7, 10),
    'maj7': (0, 4, 7, 11),
    'm7': (0, 3, 7, 10),
    'm7b5': (0, 3, 6, 10),
    'dim7': (0, 3, 6, 9),
}
NO_CHORD = 0

_NAMES = ('C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B')
_NATURALS = {'C': 0, 'D': 2, 'E': 4, 'F': 5, 'G': 7, 'A': 9, 'B': 11}

# How much of the time each degree sounds in major and in minor: Albrecht and
# Shanahan (2013), "The use of large corpora to train a new type of key-finding
# algorithm". Finds the key of more chorales than the five pairs that music21
# has (benchmarks/analysis.py).
_PROFILES = (
    (.238, .006, .111, .006, .137, .094, .016, .214, .009, .080, .008, .081),
    (.220, .006, .104, .123, .019, .103, .012, .214, .062, .022, .061, .052),
)

# Tuned on fifteen chorales that people analysed (benchmarks/analysis.py).
_ACCENT = 5  # Weight of what sounds as a half bar begins, beside what follows.
_SEVENTH = 0.1  # Cost of a seventh chord beside a triad.
_BASS = 0.05  # Worth of a root in the bass.

_BLOCK = 4096  # Half bars at a time, which bounds the memory of long files.


class Key(NamedTuple):
  """A key.

  Attributes:
    tonic: pitch class, 0 (C) to 11 (B).
    minor: 0 or 1.
    confidence: by how much its correlation beats the next best key's, 0 to 2.
      Of the chorales a quarter is wrong below 0.1, one in 25 above 0.2.
  """

  tonic: int
  minor: int
  confidence: float


def bars(score: Score, end: int = 0) -> np.ndarray:
  """Bar lines in ticks: bar i runs from line i to line i + 1.

  Each meter begins a bar, be the one before it full or not, so a pick-up is a
  meter of its own; without a meter bars are of four quarters. Lines between
  two ticks move to the nearest.

  Args:
    score: a Score.
    end: a tick up to which there are bars even if they are silent.

  Returns:
    int64 [bars + 1], from 0 to the end of the bar in which the last note ends,
    or of that before `end`; [1] if there are neither notes nor `end`.
  """
  last = max(score_lib.end(score), end)
  meters = np.concatenate([[(0, 4, 4)], score.meters])
  tick, numerator, denominator = meters.T
  # Lines beyond the last would be in vain.
  ends = np.minimum(np.append(tick[1:], last), last)
  whole = 4 * score.resolution * numerator  # Times denominator: a bar.
  count = 1 + np.maximum(-((tick - ends) * denominator // whole), 0)
  meter = np.repeat(np.arange(len(meters)), count)
  bar = np.arange(len(meter)) - (np.cumsum(count) - count)[meter]
  lines = tick[meter] + _divide(bar * whole[meter], denominator[meter])
  # The first line beyond the last closes the last bar.
  within = (lines < ends[meter]) | (ends[meter] == last)
  lines = _distinct(np.append(0, lines[within]))
  return lines[: np.searchsorted(lines, last) + 1]


def half_bars(score: Score) -> np.ndarray:
  """Lines as in `bars`, and one in the middle of each bar of an even meter.

  So 4/4, 6/8 and 12/8 have two halves; 3/4, 5/8 and 9/8 stay whole.
  """
  lines = bars(score)
  ticks = np.append(0, score.meters[:, 0])
  even = np.append(True, score.meters[:, 1] % 2 == 0)
  halved = even[np.searchsorted(ticks, lines[:-1], side='right') - 1]
  middles = _divide(lines[:-1] + lines[1:], 2)[halved]
  return _distinct(np.concatenate([lines, middles]))


def positions(score: Score) -> np.ndarray:
  """Where in its bar each tick is: int64 [end of the Score], 0 at the line."""
  lines = bars(score)
  tick = np.arange(score_lib.end(score))
  return tick - lines[np.searchsorted(lines, tick, side='right') - 1]


def density(score: Score) -> np.ndarray:
  """Notes that begin in each bar, drums too, per quarter: float64 [bars]."""
  lines = bars(score)
  before = np.searchsorted(np.sort(score.notes[:, ONSET]), lines)
  return np.diff(before) / np.diff(lines) * score.resolution


def key(score: Score) -> Key | None:
  """The key of the whole; None if no pitch stands out.

  The time for which each pitch class sounds is correlated with the profile of
  each key, as Krumhansl and Schmuckler do (Krumhansl 1990, chapter 4).
  """
  notes = score.notes[score_lib.pitched(score)]
  time = np.bincount(notes[:, PITCH] % 12, notes[:, DURATION], 12)
  time = time - time.mean()
  if not time.any():
    return None
  profiles = _rotations(_PROFILES)
  profiles = profiles - profiles.mean(axis=1, keepdims=True)
  norms = np.linalg.norm(profiles, axis=1) * np.linalg.norm(time)
  correlation = profiles @ time / norms
  second, best = np.argsort(correlation)[-2:]
  confidence = correlation[best] - correlation[second]
  return Key(int(best) % 12, int(best) // 12, float(confidence))


def chords(score: Score) -> np.ndarray:
  """The chord of each half bar.

  Of all triads and sevenths the one that has most of what sounds, in time;
  what sounds as the half bar begins weighs most. A seventh needs to sound
  for more than a moment, and between near equals the bass decides.

  Returns:
    int32 [half bars, 3], the columns tick, root 0 (C) to 11, quality (its place
    in `QUALITIES`); where fewer than two pitch classes sound, 0 and `NO_CHORD`.
  """
  notes = score.notes[score_lib.pitched(score)]
  lines = half_bars(score)
  ticks, pitch, step = _edges(notes)
  # Where no note begins or ends a half bar sounds as the one before, so that
  # the cost does not grow with bars that are many but empty.
  busy = np.zeros(len(lines), bool)
  busy[np.searchsorted(lines, ticks, side='right') - 1] = True
  new = (busy | np.append(True, busy[:-1]))[:-1]
  starts = np.append(lines[:-1][new], lines[-1])
  blocks = [
      _chords(ticks, pitch, step, starts[i : i + _BLOCK + 1])
      for i in range(0, len(starts) - 1, _BLOCK)
  ]
  found = np.concatenate([np.zeros((0, 2), np.int64), *blocks])
  return np.column_stack([lines[:-1], found[np.cumsum(new) - 1]]).astype(
      np.int32
  )


def format_key(tonic: int, minor: int) -> str:
  """(9, 1) -> 'Am', (10, 0) -> 'Bb'."""
  return _NAMES[tonic] + 'm' * minor


def parse_key(text: str) -> tuple[int, int]:
  """'Am' -> (9, 1), the tonic and whether it is minor.

  Raises:
    UserError: it is not a key.
  """
  tonic, rest = _parse_note(text)
  if tonic is None or rest not in ('', 'm'):
    raise UserError(f"key '{text}': give one such as C, F#, Bb, Am or C#m")
  return tonic, int(rest == 'm')


def format_chord(root: int, quality: int) -> str:
  """(9, 2) -> 'Am'; of `NO_CHORD` 'N.C.'."""
  symbol = list(QUALITIES)[quality]
  return symbol if quality == NO_CHORD else _NAMES[root] + symbol


def parse_chord(text: str) -> tuple[int, int]:
  """'Am' -> (9, 2), its root and the place of its quality in `QUALITIES`.

  Raises:
    UserError: it is not a chord symbol, or of a quality that isn't known.
  """
  symbols = list(QUALITIES)
  if text == symbols[NO_CHORD]:
    return 0, NO_CHORD
  root, rest = _parse_note(text)
  if root is None or rest not in symbols[1:]:
    raise UserError(
        f"chord '{text}': give {symbols[NO_CHORD]} or a note such as C, F# or "
        f'Bb, alone or with {", ".join(symbols[2:])}'
    )
  return root, symbols.index(rest)


def _parse_note(text):
  """'Bbm' -> 10 and 'm'; no note -> None and the text."""
  match = re.fullmatch('([A-G])([#b]?)(.*)', text)
  if match is None:
    return None, text
  letter, accidental, rest = match.groups()
  alter = {'': 0, '#': 1, 'b': -1}[accidental]
  return (_NATURALS[letter] + alter) % 12, rest


def _distinct(ticks):
  """As np.unique, which takes four times as long for what is nearly sorted."""
  ticks = np.sort(ticks, kind='stable')
  return ticks[np.append(True, ticks[1:] > ticks[:-1])]


def _divide(a, b):
  """The nearest integer to a / b, halves up, as `quantize` rounds."""
  return (2 * a + b) // (2 * b)


def _rotations(profiles):
  """Each profile of degrees on each of twelve tonics: [12 * profiles, 12]."""
  degree = (np.arange(12) - np.arange(12)[:, None]) % 12
  return np.asarray(profiles)[:, degree].reshape(-1, 12)


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
  # Eleven octaves to one: 128 pitches and four that there are not.
  weight = np.pad(weight, [(0, 0), (0, 4)]).reshape(-1, 11, 12).sum(axis=1)
  sounding = first | (~first.any(axis=1, keepdims=True) & (time > 0))
  bass = np.argmax(sounding, axis=1) % 12

  sets = [np.isin(np.arange(12), tones) for tones in QUALITIES.values()][1:]
  tones = _rotations(sets).astype(float)
  root, quality = np.arange(len(tones)) % 12, np.arange(len(tones)) // 12 + 1
  share = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1)
  merit = (
      share @ tones.T
      - _SEVENTH * (tones.sum(axis=1) == 4)
      + _BASS * (bass[:, None] == root)
  )
  best = np.argmax(merit, axis=1)
  found = np.count_nonzero(share, axis=1) >= 2
  return np.stack([root[best] * found, quality[best] * found], axis=1)


def _sounding(ticks, pitch, step, lines):
  """What sounds between lines, from the `_edges` of notes.

  Returns:
    time: float64 [spans, 128], the ticks of each pitch; of two notes twice.
    first: bool [spans, 128], which pitches sound as the span begins.
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
