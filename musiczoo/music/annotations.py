"""Annotations: key, chord, density, ... of each step, as integer columns.

A column of 0 means unknown: a model may be conditioned on all columns, some or
none. They are computed from notes and meters alone (see `harmony`), so any
corpus can train a conditioned model.

  position  1 + steps since the bar began
  key       1 + tonic + 12 * minor, of the whole piece
  root      1 + root of the half bar's chord; 0 also where there is none
  quality   1 + the chord's place in `analysis.QUALITIES`
  density   1 + place of the bar's notes a quarter among `DENSITIES`
  rhythm    how the bar is divided: 1 silent, 2 halves, 3 quarters, 4 eighths,
            5 sixteenths, 6 anything finer
  section   1 new, or 2.. the bar is much like the one so many bars before: see
            `LAGS`
  style     1 + place of the piece's style in the config
"""

from collections.abc import Sequence

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music import harmony, metre, score as score_lib
from musiczoo.music.score import ONSET, PITCH, Score
from musiczoo.music.time import quantize

# Notes that begin in a bar, per quarter note: where one class ends.
DENSITIES = (0.5, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16)
LAGS = (1, 2, 4, 8)  # Bars.
MOST_STEPS = 96  # Of a bar that are distinguished.
MOST_STYLES = 63

# How many values each column has, the unknown among them.
COLUMNS = {
  'position': MOST_STEPS + 1,
  'key': 25,
  'root': 13,
  'quality': len(harmony.QUALITIES) + 1,
  'density': len(DENSITIES) + 2,
  'rhythm': 7,
  'section': len(LAGS) + 2,
  'style': MOST_STYLES + 1,
}
POSITION, KEY, ROOT, QUALITY, DENSITY, RHYTHM, SECTION, STYLE = range(
  len(COLUMNS)
)
# What a config calls them.
NAMES = {name: (name,) for name in COLUMNS if name not in ('root', 'quality')}
NAMES |= {'chord': ('root', 'quality')}

_RHYTHMS = '?', 'silent', 'halves', 'quarters', 'eighths', '16ths', 'finer'
_SECTIONS = ('?', 'new', *(f'as {lag} before' for lag in LAGS))
_ALIKE = 0.5  # Of the notes of two bars together, those that they share.


def columns(names: Sequence[str]) -> tuple[tuple[int, int], ...]:
  """Names of a config -> the columns they stand for: (place, values) of each.

  Raises:
    UserError: there is no such condition.
  """
  for name in names:
    if name not in NAMES:
      raise UserError(
        f"config.conditions.columns: there is no condition '{name}': choose of "
        f'{", ".join(NAMES)}'
      )
  chosen = [column for name in names for column in NAMES[name]]
  return tuple(
    (place, size)
    for place, (column, size) in enumerate(COLUMNS.items())
    if column in chosen
  )


def of(score: Score, steps_per_quarter: int, style: int = 0) -> np.ndarray:
  """The conditions of each step of a grid: int16 [steps, columns].

  A pick-up is a bar of its own whose steps count as the last of a whole bar.
  """
  score = quantize(score, steps_per_quarter)
  steps = score_lib.end(score)
  table = np.zeros((steps, len(COLUMNS)), np.int16)
  if not steps:
    return table
  lines = metre.bars(score)
  step = np.arange(steps)
  bar = np.searchsorted(lines, step, side='right') - 1
  table[:, POSITION] = np.minimum(_positions(lines, step, bar) + 1, MOST_STEPS)
  if (key := harmony.key(score)) is not None:
    table[:, KEY] = 1 + key.tonic + 12 * key.minor
  chords = harmony.chords(score)
  _, root, quality = chords[
    np.searchsorted(chords[:, 0], step, side='right') - 1
  ].T
  table[:, ROOT] = np.where(quality == harmony.NO_CHORD, 0, root + 1)
  table[:, QUALITY] = quality + 1
  table[:, DENSITY] = density_class(metre.density(score))[bar]
  table[:, RHYTHM] = _rhythms(score, lines)[bar]
  table[:, SECTION] = _sections(score, lines)[bar]
  table[:, STYLE] = style
  return table


def of_rows(table: np.ndarray, x, clock: np.ndarray | None) -> np.ndarray:
  """The conditions of each row of x, where a row need not be a step.

  Args:
    table: of the steps, [steps, columns].
    x: an encoded piece.
    clock: of its Representation; None: every row is a step.

  Returns:
    int16 [rows, columns]. Rows beyond the last step have that step's.
  """
  if not len(table):
    return np.zeros((len(x), len(COLUMNS)), np.int16)
  row = np.arange(len(x)) if clock is None else _times(np.asarray(x), clock)
  return table[np.minimum(row, len(table) - 1)]


def transpose(table: np.ndarray, semitones: int) -> np.ndarray:
  """Conditions of the same music in another key."""
  table = table.copy()
  key, root = table[..., KEY], table[..., ROOT]
  tonic, minor = (key - 1) % 12, (key - 1) // 12
  moved = 1 + (tonic + semitones) % 12 + 12 * minor
  table[..., KEY] = np.where(key > 0, moved, 0)
  table[..., ROOT] = np.where(root > 0, 1 + (root - 1 + semitones) % 12, 0)
  return table


def bar_rows(table: np.ndarray) -> np.ndarray:
  """The rows at which a whole bar begins; the first row if none does."""
  begins = table[:, POSITION] == 1
  begins[1:] &= table[:-1, POSITION] != 1
  rows = np.flatnonzero(begins)
  return rows if len(rows) else np.zeros(1, np.int64)


def plan(
  steps: int,
  steps_per_quarter: int,
  *,
  begin: int = 0,
  chords: str | None = None,
  key: str | None = None,
  density: float | None = None,
  style: int = 0,
) -> np.ndarray:
  """The conditions that are asked for: int16 [steps, columns], in bars of 4/4.

  Args:
    begin: how many steps the first bar is old already.
    chords: symbols such as 'C G Am F', one a bar, again and again.
    key: such as 'Am'.
    density: notes that begin, per quarter note.
    style: as in the columns.

  Raises:
    UserError: a symbol is none, or the density is negative.
  """
  table = np.zeros((steps, len(COLUMNS)), np.int16)
  step, bar_steps = begin + np.arange(steps), 4 * steps_per_quarter
  table[:, POSITION] = np.minimum(step % bar_steps + 1, MOST_STEPS)
  table[:, STYLE] = style
  if key is not None:
    tonic, minor = harmony.parse_key(key)
    table[:, KEY] = 1 + tonic + 12 * minor
  if density is not None:
    if not density >= 0:
      raise UserError(f'--density={density}: give notes a quarter, 0 or more')
    table[:, DENSITY] = density_class(np.array(density))
  if chords is not None:
    parsed = [harmony.parse_chord(symbol) for symbol in chords.split()]
    if not parsed:
      raise UserError("--chords: give symbols, such as 'C G Am F'")
    root, quality = np.array(parsed)[step // bar_steps % len(parsed)].T
    table[:, ROOT] = np.where(quality == harmony.NO_CHORD, 0, root + 1)
    table[:, QUALITY] = quality + 1
  return table


def words(row: np.ndarray) -> dict[str, str]:
  """A step's annotations as text; '?' where unknown."""
  key, root, quality, density, rhythm, section = map(
    int, row[[KEY, ROOT, QUALITY, DENSITY, RHYTHM, SECTION]]
  )
  ends = ('0', *(f'{end:g}' for end in DENSITIES), '')
  return {
    'key': harmony.format_key((key - 1) % 12, (key - 1) // 12) if key else '?',
    'chord': harmony.format_chord(max(root - 1, 0), quality - 1)
    if quality
    else '?',
    'density': f'{ends[density - 1]}-{ends[density]}' if density else '?',
    'rhythm': _RHYTHMS[rhythm],
    'section': _SECTIONS[section],
  }


def style_number(style: str, styles: Sequence[str]) -> int:
  """The value of a style in its column; 0 if it is not among those named."""
  return styles.index(style) + 1 if style in styles else 0


def density_class(notes_per_quarter: np.ndarray) -> np.ndarray:
  """Notes a quarter -> values of the column `density`."""
  return 1 + np.searchsorted(DENSITIES, notes_per_quarter, side='right')


def _times(x, clock):
  """The step at which each token comes: those before it have moved time on."""
  moved = np.where(
    (x >= 0) & (x < len(clock)), clock[np.clip(x, 0, len(clock) - 1)], 0
  )
  return np.cumsum(moved) - moved


def _positions(lines, step, bar):
  position = step - lines[bar]
  lengths = np.diff(lines)
  if len(lengths) > 1 and lengths[0] < lengths[1]:
    position = position + np.where(bar == 0, lengths[1] - lengths[0], 0)
  return position


def _rhythms(score, lines):
  """The class of each bar, by its finest onset: int [bars]."""
  onset = score.notes[:, ONSET]
  bar = np.searchsorted(lines, onset, side='right') - 1
  offset = (onset - lines[bar]).astype(np.int64)
  level = np.full(len(onset), 6)
  # From fine to coarse, so that the coarsest that fits is what stays.
  for value, parts in ((5, 4), (4, 2), (3, 1)):
    level[offset * parts % score.resolution == 0] = value
  level[offset % (2 * score.resolution) == 0] = 2
  classes = np.ones(len(lines) - 1, np.int64)
  np.maximum.at(classes, bar, level)
  return classes


def _sections(score, lines):
  """The class of each bar, by the nearest of `LAGS` it is like: int [bars]."""
  num_bars = len(lines) - 1
  onset = score.notes[:, ONSET].astype(np.int64)
  bar = np.searchsorted(lines, onset, side='right') - 1
  # When in the bar and on which pitch class, as one number.
  size = 12 * int(np.diff(lines).max())
  what = (onset - lines[bar]) * 12 + score.notes[:, PITCH] % 12
  notes = np.unique(bar * size + what)
  count = np.bincount(notes // size, minlength=num_bars)
  classes = np.ones(num_bars, np.int64)
  for place, lag in reversed(list(enumerate(LAGS))):
    moved = notes + lag * size
    shared = moved[np.isin(moved, notes)] // size
    both = np.bincount(shared, minlength=num_bars)[:num_bars]
    before = np.concatenate([np.zeros(lag, np.int64), count])[:num_bars]
    alike = both >= _ALIKE * np.maximum(count + before - both, 1)
    classes[alike] = place + 2
  return classes
