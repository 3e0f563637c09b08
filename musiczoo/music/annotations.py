"""Annotations: key, chord, density, ... of each step, as integer columns.

A column of 0 means unknown: a model may be conditioned on all columns, some or
none. They are computed from notes and meters alone (see `harmony`), so any
corpus can train a conditioned model; phrases are known only where the corpus
marks their ends.

  position  1 + steps since the bar began
  key       1 + tonic + 12 * minor, of the whole piece
  root      1 + root of the half bar's chord; 0 also where there is none
  quality   1 + the chord's place in `chord_names.QUALITIES`
  density   1 + place of the bar's notes per quarter note in `DENSITIES`
  rhythm    how the bar is divided: 1 silent, 2 halves, 3 quarters, 4 eighths,
            5 sixteenths, 6 anything finer
  section   1 new, or 2.. the bar is similar to the one so many bars before: see
            `LAGS`
  style     1 + place of the piece's style in the config
  meter     length of the bar in eighth notes, at most `MAX_METER`
  length    1 + whole quarter notes from the end of this step to the end of the
            piece, at most `MAX_LENGTH`
  elapsed   1 + whole quarter notes since the beginning of the piece, at most
            `MAX_ELAPSED`
  phrases   1 + steps from the beginning of this one to the end of its phrase,
            at most `MAX_PHRASE`; after the last marked end, to that of the piece
  bar       1 + number of the bar, from 0 after `MAX_BARS` again; a pick-up is of
            the bar before the first
"""

from collections.abc import Sequence

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music import bar_classes, chord_names, harmony, metre
from musiczoo.music.bar_classes import DENSITIES, LAGS
from musiczoo.music.quantize import quantize
from musiczoo.music.score import end, Score
from musiczoo.music.spec import Spec

MAX_BAR_STEPS = 96  # Positions in a bar that are distinguished.
MAX_STYLES = 63
MAX_METER = 16  # Eighth notes.
MAX_LENGTH = 32  # Quarter notes to the end that are distinguished.
MAX_ELAPSED = 64  # Quarter notes since the beginning that are distinguished.
MAX_BARS = 32  # Bars that are distinguished: a whole dance tune.
MAX_PHRASE = 64  # Steps to the end of a phrase that are distinguished.

# How many values each column has, the unknown among them.
COLUMNS = {
  'position': MAX_BAR_STEPS + 1,
  'key': 25,
  'root': 13,
  'quality': len(chord_names.QUALITIES) + 1,
  'density': len(DENSITIES) + 2,
  'rhythm': 7,
  'section': len(LAGS) + 2,
  'style': MAX_STYLES + 1,
  'meter': MAX_METER + 1,
  'length': MAX_LENGTH + 2,
  'phrases': MAX_PHRASE + 2,
  'elapsed': MAX_ELAPSED + 2,
  'bar': MAX_BARS + 1,
}
POSITION, KEY, ROOT, QUALITY, DENSITY, RHYTHM, SECTION, STYLE = range(8)
METER, LENGTH, PHRASES, ELAPSED, BAR = range(8, len(COLUMNS))
# Metre and length are known of any music before a note of it is.
FORM = 'position', 'meter', 'length', 'elapsed', 'bar'
# What a config calls them.
NAMES = {name: (name,) for name in COLUMNS if name not in ('root', 'quality')}
NAMES |= {'chord': ('root', 'quality')}


def columns(names: Sequence[str]) -> tuple[tuple[int, int], ...]:
  """Names of a config -> their columns, (place, number of values) of each.

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


def annotate(
  score: Score, steps_per_quarter: int, style: int = 0, steps: int = 0
) -> np.ndarray:
  """The annotations of each step of a grid: int16 [steps, columns].

  A pick-up is a bar of its own whose steps count as the last of a whole bar.

  Args:
    score: the piece.
    steps_per_quarter: of the grid.
    style: of `style_number`.
    steps: the least number, for a score that ends with rests.
  """
  score = quantize(score, steps_per_quarter)
  steps = max(end(score), steps)
  table = np.zeros((steps, len(COLUMNS)), np.int16)
  if not end(score):
    return table
  lines = metre.bars(score, steps)
  step = np.arange(steps)
  bar = metre.bar_of(lines, step)
  table[:, POSITION] = np.minimum(
    _positions(lines, step, bar) + 1, MAX_BAR_STEPS
  )
  if (key := harmony.key(score)) is not None:
    table[:, KEY] = 1 + key.tonic + 12 * key.minor
  chords = harmony.chords(score)
  _, root, quality = chords[metre.bar_of(chords[:, 0], step)].T
  set_chords(table, root, quality)
  table[:, DENSITY] = bar_classes.density_class(metre.density(score, lines))[
    bar
  ]
  table[:, RHYTHM] = bar_classes.rhythms(score, lines)[bar]
  table[:, SECTION] = bar_classes.sections(score, lines)[bar]
  table[:, STYLE] = style
  lengths = np.diff(lines)
  lengths[:1] = lengths[:2].max()  # Of a pick-up, that of the whole bar.
  set_form(table, steps_per_quarter, lengths[bar], score.phrase_ends)
  return table


def set_form(
  table: np.ndarray,
  steps_per_quarter: int,
  bar_steps: np.ndarray | int,
  phrase_ends: np.ndarray,
) -> None:
  """Fills meter, length, elapsed, bar and phrases of a whole piece, in place.

  Args:
    table: [steps, columns], with its positions.
    steps_per_quarter: of the grid.
    bar_steps: length of the bar of each step, [steps] or one number.
    phrase_ends: ascending steps; empty where phrases are not known.
  """
  step, steps = np.arange(len(table)), len(table)
  eighths = bar_steps * 2 // steps_per_quarter
  table[:, METER] = np.clip(eighths, 1, MAX_METER)
  left = (steps - 1 - step) // steps_per_quarter
  table[:, LENGTH] = 1 + np.minimum(left, MAX_LENGTH)
  table[:, ELAPSED] = 1 + np.minimum(step // steps_per_quarter, MAX_ELAPSED)
  bar = np.cumsum(table[:, POSITION] == 1) - 1
  table[:, BAR] = 1 + bar % MAX_BARS
  if len(phrase_ends):
    ends = np.append(phrase_ends[phrase_ends < steps], steps)
    left = ends[np.searchsorted(ends, step, side='right')] - step
    table[:, PHRASES] = 1 + np.minimum(left, MAX_PHRASE)


def gather_rows(table: np.ndarray, x, spec: Spec) -> np.ndarray:
  """The annotations of each row of x, where a row need not be a step.

  Args:
    table: of the steps, [steps, columns].
    x: an encoded piece.
    spec: of x.

  Returns:
    int16 [rows, columns]. Rows beyond the last step have that step's.
  """
  if not len(table):
    return np.zeros((len(x), len(COLUMNS)), np.int16)
  return table[np.minimum(spec.steps_at(x), len(table) - 1)]


def transpose(table: np.ndarray, semitones: int) -> np.ndarray:
  """Annotations [..., columns] of the same music in another key."""
  table = table.copy()
  key, root = table[..., KEY], table[..., ROOT]
  tonic, minor = (key - 1) % 12, (key - 1) // 12
  moved = 1 + (tonic + semitones) % 12 + 12 * minor
  table[..., KEY] = np.where(key > 0, moved, 0)
  table[..., ROOT] = np.where(root > 0, 1 + (root - 1 + semitones) % 12, 0)
  return table


def bar_rows(table: np.ndarray) -> np.ndarray:
  """The rows at which a whole bar begins: int64; row 0 if none does."""
  begins = table[:, POSITION] == 1
  begins[1:] &= table[:-1, POSITION] != 1
  rows = np.flatnonzero(begins)
  return rows if len(rows) else np.zeros(1, np.int64)


def signature_key(score: Score) -> int:
  """The value of `key` by the first key signature of a Score that has one."""
  _, sharps, minor = score.keys[0]
  # Each sharp is a fifth up; the relative minor is three semitones down.
  return 1 + (7 * sharps - 3 * minor) % 12 + 12 * minor


def style_number(style: str, styles: Sequence[str]) -> int:
  """The value of a style in its column; 0 if it is not among those named."""
  return styles.index(style) + 1 if style in styles else 0


def set_chords(
  table: np.ndarray, root: np.ndarray, quality: np.ndarray
) -> None:
  """Fills the columns of chords [steps], as of `harmony.chords`, in place."""
  table[:, ROOT] = np.where(quality == chord_names.NO_CHORD, 0, root + 1)
  table[:, QUALITY] = quality + 1


def _positions(lines, step, bar):
  position = step - lines[bar]
  lengths = np.diff(lines)
  if len(lengths) > 1 and lengths[0] < lengths[1]:
    position = position + np.where(bar == 0, lengths[1] - lengths[0], 0)
  return position
