"""Annotations from and to text: what is requested, and what was found."""

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music import annotations, bar_classes, chord_names
from musiczoo.music.bar_classes import DENSITIES, LAGS
from musiczoo.music.form import Form

_RHYTHMS = '?', 'silent', 'halves', 'quarters', 'eighths', '16ths', 'finer'
_SECTIONS = ('?', 'new', *(f'as {lag} before' for lag in LAGS))


def plan(
  form: Form,
  *,
  chords: str | None = None,
  key: str | None = None,
  density: float | None = None,
  style: int = 0,
) -> np.ndarray:
  """The annotations that are requested: int16 [steps of the form, columns].

  Args:
    form: metre, length and phrases.
    chords: symbols such as 'C G Am F', one a bar, repeated.
    key: such as 'Am'.
    density: notes that begin, per quarter note.
    style: of `style_number`.

  Raises:
    UserError: a symbol is none, or the density is one of no music.
  """
  table = np.zeros((form.steps, len(annotations.COLUMNS)), np.int16)
  step = form.begin + np.arange(form.steps)
  table[:, annotations.POSITION] = np.minimum(
    step % form.bar_steps + 1, annotations.MAX_BAR_STEPS
  )
  annotations.set_form(
    table,
    form.steps_per_quarter,
    form.bar_steps,
    np.array(form.phrase_ends, int),
  )
  table[:, annotations.STYLE] = style
  if key is not None:
    tonic, minor = chord_names.parse_key(key)
    table[:, annotations.KEY] = 1 + tonic + 12 * minor
  if density is not None:
    if not 0 <= density <= 2 * DENSITIES[-1]:
      raise UserError(
        f'--density={density:g}: give onsets a quarter note, 0 to '
        f'{2 * DENSITIES[-1]}'
      )
    table[:, annotations.DENSITY] = bar_classes.density_class(np.array(density))
  if chords is not None:
    parsed = [chord_names.parse_chord(symbol) for symbol in chords.split()]
    if not parsed:
      raise UserError("--chords: give symbols, such as 'C G Am F'")
    annotations.set_chords(
      table, *np.array(parsed)[step // form.bar_steps % len(parsed)].T
    )
  return table


def describe(row: np.ndarray) -> dict[str, str]:
  """Annotations [columns] of a step as text; '?' where unknown."""
  key, root, quality, density, rhythm, section = map(
    int,
    row[
      [
        annotations.KEY,
        annotations.ROOT,
        annotations.QUALITY,
        annotations.DENSITY,
        annotations.RHYTHM,
        annotations.SECTION,
      ]
    ],
  )
  ends = ('0', *(f'{end:g}' for end in DENSITIES), '')
  tonic, chord = (key - 1) % 12, (max(root - 1, 0), quality - 1)
  return {
    'key': chord_names.format_key(tonic, (key - 1) // 12) if key else '?',
    'chord': chord_names.format_chord(*chord) if quality else '?',
    'density': f'{ends[density - 1]}-{ends[density]}' if density else '?',
    'rhythm': _RHYTHMS[rhythm],
    'section': _SECTIONS[section],
  }
