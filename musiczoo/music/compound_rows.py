"""The rows of `compound`: their kinds, columns and classes of values.

  KEY    key                                   of the whole piece, the first row
  TRACK  slot, program, register, polyphony    before the first bar
  BAR    meter, tempo, first chord, last chord
  PLAN   slot, source                          it plays notes that follow, or all
                                               that it played in an earlier bar
  note   slot, pitch, duration, velocity       its place is a position in the bar
  END

The first column of a row is its place: a position in the bar, of a note, or one
of the numbers above all positions, of another row. Columns that a row does not
need are 0.
"""

import functools
from typing import NamedTuple

import numpy as np

from musiczoo.music import chord_names

COLUMNS = 5
# Columns of notes.
PLACE, SLOT, PITCH, DURATION, VELOCITY = range(COLUMNS)
# Columns of other rows.
SOURCE = PROGRAM = 2
REGISTER, POLYPHONY = 3, 4
KEY = 1
METER, TEMPO, FIRST_CHORD, LAST_CHORD = range(1, 5)

SLOTS = 16  # Slot 0 is all drums, the others are ordered by mean pitch.
QUARTERS = 8  # Of the longest bar.
LAGS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)  # Bars back to what a slot repeats.
# Sources of what a slot plays in a bar: its notes are new, or 1 + a place in LAGS.
NEW, SOURCES = 0, 1 + len(LAGS)
# (numerator, denominator); 0 is that of the bar before.
METERS = tuple(
  (n, d) for d in (4, 8, 2, 16, 32) for n in range(1, QUARTERS * d // 4 + 1)
)
# Twelve tempi an octave from 30 to 480 quarter notes a minute, in microseconds
# per quarter note; 0 is that of the bar before.
TEMPI = np.rint(2e6 / 2 ** (np.arange(49) / 12)).astype(np.int64)
KEYS = 25  # 0 is none; else 1 + tonic + 12 * minor.
VELOCITIES = 16  # Classes of eight.
POLYPHONIES = (1.1, 1.6, 2.5)  # Notes per onset: where one class ends.
# 0 is no chord; else 1 + root + 12 * (quality - 1).
CHORDS = 12 * (len(chord_names.QUALITIES) - 1) + 1


class Layout(NamedTuple):
  """The places and durations of a grid.

  Attributes:
    grid: steps to a quarter note.
  """

  grid: int

  @property
  def positions(self) -> int:
    """Positions in a bar; lower places are those of notes."""
    return QUARTERS * self.grid

  @property
  def plan(self) -> int:
    """The place of PLAN."""
    return self.positions

  @property
  def bar(self) -> int:
    """The place of BAR."""
    return self.positions + 1

  @property
  def track(self) -> int:
    """The place of TRACK."""
    return self.positions + 2

  @property
  def key(self) -> int:
    """The place of KEY."""
    return self.positions + 3

  @property
  def end(self) -> int:
    """The place of END."""
    return self.positions + 4

  @property
  def places(self) -> int:
    """How many places there are."""
    return self.positions + 5

  @property
  def durations(self) -> np.ndarray:
    """Steps of each class of durations: all up to a quarter, then wider apart."""
    return durations(self.grid)

  @property
  def bar_steps(self) -> np.ndarray:
    """Steps of a bar of each meter; 0 where a meter is no whole number of them.

    int64 [1 + meters]; the first, that of the bar before, is 0 too.
    """
    return bar_steps(self.grid)

  def duration_class(self, steps: np.ndarray) -> np.ndarray:
    """The class nearest to durations in steps, by their ratio."""
    middles = np.sqrt(self.durations[:-1] * self.durations[1:])
    return np.searchsorted(middles, steps, side='right')

  def longest_class(self, steps: np.ndarray) -> np.ndarray:
    """The class of the longest duration of at most so many steps, 1 or more."""
    return np.searchsorted(self.durations, steps, side='right') - 1

  @property
  def drum_duration(self) -> int:
    """The class of a drum's duration, that of a sixteenth note."""
    return int(self.longest_class(np.array(max(self.grid // 4, 1))))


@functools.cache
def durations(grid: int) -> np.ndarray:
  """As `Layout.durations`: int64, ascending, from one step to four bars of 4/4."""
  sixths = np.arange(7, 13) / 6
  wide = np.array([7 / 3, 8 / 3, 3, 3.5, 4, 5, 6, 8, 10, 12, 16])
  steps = np.append(np.arange(1, grid + 1), np.rint(grid * sixths))
  return np.unique(np.append(steps, np.rint(grid * wide))).astype(np.int64)


@functools.cache
def bar_steps(grid: int) -> np.ndarray:
  """As `Layout.bar_steps`."""
  whole = [4 * grid * n % d == 0 for n, d in METERS]
  steps = [4 * grid * n // d for n, d in METERS]
  return np.append(0, np.where(whole, steps, 0)).astype(np.int64)


def steps_at(x: np.ndarray, layout: Layout) -> np.ndarray:
  """The step that each row of x comes at: that which the row before has reached.

  Args:
    x: integers [rows, 5].

  Returns:
    int64 [rows].
  """
  x = np.asarray(x, np.int64).reshape(-1, COLUMNS)
  place = x[:, PLACE]
  is_note = (place >= 0) & (place < layout.positions)
  starts = bar_starts(x, layout)
  bar = np.cumsum(place == layout.bar) - 1
  reached = np.where(bar < 0, 0, starts[bar]) + np.where(is_note, place, 0)
  return np.append(0, reached)[:-1]


def bar_starts(x: np.ndarray, layout: Layout) -> np.ndarray:
  """The steps at which the bars of x begin, and where the last ends: [bars + 1].

  A meter that is no whole number of steps is that of the bar before.
  """
  meter = x[x[:, PLACE] == layout.bar, METER]
  known = (meter > 0) & (meter <= len(METERS))
  steps = layout.bar_steps[np.where(known, meter, 0)]
  steps = np.append(4 * layout.grid, steps)  # Before the first: a bar of 4/4.
  last = np.maximum.accumulate(np.where(steps > 0, np.arange(len(steps)), 0))
  return np.cumsum(np.append(0, steps[last][1:]))


def tempo_class(microseconds: np.ndarray) -> np.ndarray:
  """1 + the place of the nearest of `TEMPI`, by its ratio."""
  middles = np.sqrt(TEMPI[:-1] * TEMPI[1:])
  return 1 + np.searchsorted(-middles, -np.asarray(microseconds), side='right')


def chord_class(root: np.ndarray, quality: np.ndarray) -> np.ndarray:
  """Chords as of `harmony.chords` -> their class, 0 where there is none."""
  none = quality == chord_names.NO_CHORD
  return np.where(none, 0, 1 + root + 12 * (quality - 1))


@functools.cache
def chord_tones() -> np.ndarray:
  """Whether each pitch class belongs to each class of chords: bool [CHORDS, 12]."""
  qualities = list(chord_names.QUALITIES.values())[1:]
  tones = np.zeros((CHORDS, 12), bool)
  for chord in range(1, CHORDS):
    quality, root = divmod(chord - 1, 12)
    tones[chord, [(root + step) % 12 for step in qualities[quality]]] = True
  return tones


def transpose_key(key: np.ndarray, semitones: int) -> np.ndarray:
  """Keys of the same music in another key."""
  minor, tonic = np.divmod(key - 1, 12)
  return np.where(key > 0, 1 + (tonic + semitones) % 12 + 12 * minor, 0)


def transpose_chord(chord: np.ndarray, semitones: int) -> np.ndarray:
  """Classes of chords in another key."""
  quality, root = np.divmod(chord - 1, 12)
  return np.where(chord > 0, 1 + (root + semitones) % 12 + 12 * quality, 0)
