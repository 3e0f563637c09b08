"""Changes of rows of `compound`: their key, tempo and velocities, and fragments."""

import numpy as np

from musiczoo.music import compound_rows as rows
from musiczoo.music.compound_rows import Layout
from musiczoo.representations import compound_decoder
from musiczoo.representations.compound_decoder import BAR
from musiczoo.representations.compound_encoder import write

OPENINGS = 0.4  # Of fragments, those that begin with the piece.


def _moving(x, layout):
  """Which rows are notes of pitched slots: bool [rows]."""
  return (x[:, rows.PLACE] < layout.positions) & (x[:, rows.SLOT] > 0)


def transpose(x: np.ndarray, semitones: int, layout: Layout) -> np.ndarray:
  """Moves pitches, drums aside, registers, chords and key; x is int16 [rows, 5]."""
  moved = x.copy()
  moved[_moving(x, layout), rows.PITCH] += semitones
  is_track = (x[:, rows.PLACE] == layout.track) & (x[:, rows.SLOT] > 0)
  moved[is_track, rows.REGISTER] += semitones
  is_key = x[:, rows.PLACE] == layout.key
  moved[is_key, rows.KEY] = rows.transpose_key(x[is_key, rows.KEY], semitones)
  is_bar = x[:, rows.PLACE] == layout.bar
  moved[is_bar, rows.FIRST_CHORD :] = rows.transpose_chord(
    x[is_bar, rows.FIRST_CHORD :], semitones
  )
  return moved


def transpose_range(x: np.ndarray, layout: Layout) -> tuple[int, int]:
  """How far down and up x may go without a note beyond 0..127."""
  pitch = x[_moving(x, layout), rows.PITCH]
  return (int(pitch.min()), 127 - int(pitch.max())) if len(pitch) else (0, 0)


def augment(
  x: np.ndarray, tempo: float, velocity: int, layout: Layout
) -> np.ndarray:
  """Moves the classes of tempi and velocities, see `augment_performance`."""
  varied = x.copy()
  stated = (x[:, rows.PLACE] == layout.bar) & (x[:, rows.TEMPO] > 0)
  steps = round(-12 * np.log2(tempo))
  varied[stated, rows.TEMPO] = np.clip(
    x[stated, rows.TEMPO] + steps, 1, len(rows.TEMPI)
  )
  is_note = x[:, rows.PLACE] < layout.positions
  loud = x[is_note, rows.VELOCITY]
  if len(loud):
    most = rows.VELOCITIES - 1 - int(loud.max())
    varied[is_note, rows.VELOCITY] += np.clip(
      round(velocity / 8), -int(loud.min()), most
    )
  return varied


def fragment(
  x: np.ndarray, share: float, layout: Layout
) -> tuple[np.ndarray, np.ndarray]:
  """The music from a bar with notes on, as a piece of its own.

  Copies of bars before it become notes; it states its meter and tempo.

  Args:
    x: a piece.
    share: 0 to 1, where in the piece; below `OPENINGS` its beginning.

  Returns:
    its rows, and for each the row of x that comes at the same step.
  """
  bars = compound_decoder.read_bars(x, layout)
  place = max(share - OPENINGS, 0) / (1 - OPENINGS)
  first = int(place * len(bars.table))
  notes = bars.notes[bars.notes[:, BAR] >= first]
  # Silence before the first note is of the file, not of the music.
  first = int(notes[0, BAR]) if len(notes) else 0
  if first == 0:
    return x, np.arange(len(x))
  notes = notes - first * (np.arange(6) == BAR)
  table = bars.table[first:].copy()
  for column in rows.METER, rows.TEMPO:
    stated = bars.table[: first + 1, column]
    stated = stated[stated > 0]
    table[0, column] = stated[-1] if len(stated) else 0
  starts = bars.starts[first:] - bars.starts[first]
  made = write(bars._replace(notes=notes, starts=starts, table=table), layout)
  steps = rows.steps_at(made, layout) + bars.starts[first]
  same = np.searchsorted(rows.steps_at(x, layout), steps, side='right') - 1
  return made, same
