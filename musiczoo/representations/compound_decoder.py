"""Rows of `compound` -> notes, bar by bar, and the Score of them."""

from typing import NamedTuple

import numpy as np

from musiczoo.music import compound_rows as rows
from musiczoo.music.compound_rows import Layout
from musiczoo.music.score import canonical, Score, to_notes, Track

# Columns of `Bars.notes`.
BAR, POSITION, SLOT, PITCH, DURATION, VELOCITY = range(6)


class Bars(NamedTuple):
  """The music of some rows, its copies written out.

  Attributes:
    notes: int64 [N, 6], the columns bar, position, slot, pitch, duration class
      and velocity class, sorted by these.
    starts: int64 [bars + 1], the steps at which bars begin, and where the last
      ends.
    table: int64 [bars, 5], the BAR rows.
    programs: int64 [slots].
  """

  notes: np.ndarray
  starts: np.ndarray
  table: np.ndarray
  programs: np.ndarray


def until_end(x: np.ndarray, layout: Layout) -> np.ndarray:
  """The rows before the first END, int64 [rows, columns]."""
  x = np.asarray(x, np.int64).reshape(-1, rows.COLUMNS)
  ends = np.flatnonzero(x[:, rows.PLACE] == layout.end)
  return x[: ends[0]] if len(ends) else x


def read_bars(x: np.ndarray, layout: Layout) -> Bars:
  """Any integers [rows, 5] -> `Bars`. What is impossible at its place is ignored."""
  x = until_end(x, layout)
  place = x[:, rows.PLACE]
  bar = np.cumsum(place == layout.bar) - 1
  starts = rows.bar_starts(x, layout)
  slot_ok = (x[:, rows.SLOT] >= 0) & (x[:, rows.SLOT] < rows.SLOTS)
  is_track = (place == layout.track) & slot_ok
  programs = np.zeros(rows.SLOTS, np.int64)
  programs[x[is_track, rows.SLOT]] = np.clip(x[is_track, rows.PROGRAM], 0, 127)
  inside = (place >= 0) & (place < layout.positions) & slot_ok & (bar >= 0)
  inside &= (x[:, rows.PITCH] >= 0) & (x[:, rows.PITCH] < 128)
  notes = np.column_stack([bar, x])[inside]
  last = len(layout.durations) - 1
  notes[:, DURATION] = np.clip(notes[:, DURATION], 0, last)
  notes[:, VELOCITY] = np.clip(notes[:, VELOCITY], 0, rows.VELOCITIES - 1)
  source = x[:, rows.SOURCE]
  is_copy = (place == layout.plan) & slot_ok & (bar >= 0)
  is_copy &= (source > rows.NEW) & (source < rows.SOURCES)
  copies = np.column_stack([bar, x[:, rows.SLOT], source - 1])[is_copy]
  notes = _sorted(_with_copies(notes, copies))
  fits = notes[:, POSITION] < np.diff(starts)[notes[:, BAR]]
  table = x[place == layout.bar]
  return Bars(_distinct(notes[fits]), starts, table, programs)


def _with_copies(notes, copies):
  """The notes and those that `copies` [K, 3], bar, slot, place in LAGS, repeat."""
  notes = notes[
    np.argsort(notes[:, BAR] * rows.SLOTS + notes[:, SLOT], kind='stable')
  ]
  place = notes[:, BAR] * rows.SLOTS + notes[:, SLOT]
  found, first = np.unique(place, return_index=True)
  parts = dict(zip(found.tolist(), np.split(notes, first[1:])))
  for bar, slot, lag in copies.tolist():
    source = parts.get((bar - rows.LAGS[lag]) * rows.SLOTS + slot)
    if source is not None and bar >= rows.LAGS[lag]:
      copied = source.copy()
      copied[:, BAR] = bar
      key = bar * rows.SLOTS + slot
      own = parts.get(key)
      parts[key] = copied if own is None else np.concatenate([copied, own])
  return np.concatenate([np.zeros((0, 6), np.int64), *parts.values()])


def _sorted(notes):
  return notes[np.lexsort(notes[:, [PITCH, SLOT, POSITION, BAR]].T)]


def _distinct(notes):
  """Of sorted notes that begin together on one pitch, the first."""
  same = (notes[1:, :DURATION] == notes[:-1, :DURATION]).all(1)
  return notes[np.append(True, ~same)[: len(notes)]]


def cut_overlaps(
  onset: np.ndarray, lane: np.ndarray, duration: np.ndarray
) -> np.ndarray:
  """Durations [N] that end where the next note of the same lane begins.

  Args:
    onset: in steps; of a lane no two are equal.
    lane: slot and pitch as one number.
    duration: in steps.
  """
  order = np.lexsort([onset, lane])
  gap = np.full(len(onset), np.iinfo(np.int64).max)
  follows = lane[order][1:] == lane[order][:-1]
  gap[order[:-1]] = np.where(follows, np.diff(onset[order]), gap[order[:-1]])
  return np.minimum(duration, gap)


def decode(x: np.ndarray, layout: Layout) -> Score:
  """Any integers [rows, 5] -> a canonical Score on the grid."""
  bars = read_bars(x, layout)
  bar, position, slot, pitch, duration, velocity = bars.notes.T
  onset = bars.starts[bar] + position
  steps = cut_overlaps(onset, slot * 128 + pitch, layout.durations[duration])
  tracks = tuple(
    Track(int(program), drums=index == 0)
    for index, program in enumerate(bars.programs)
  )
  starts, meter, tempo = bars.starts[:-1], *bars.table[:, 1:3].T
  has_meter = (meter > 0) & (meter <= len(rows.METERS))
  has_meter &= layout.bar_steps[np.where(has_meter, meter, 0)] > 0
  meters = np.array(rows.METERS)[meter[has_meter] - 1]
  has_tempo = (tempo > 0) & (tempo <= len(rows.TEMPI))
  return canonical(
    Score(
      to_notes(onset, steps, pitch, 8 * velocity + 4, slot),
      tracks,
      np.column_stack([starts[has_tempo], rows.TEMPI[tempo[has_tempo] - 1]]),
      np.column_stack([starts[has_meter], meters]),
      resolution=layout.grid,
    )
  )
