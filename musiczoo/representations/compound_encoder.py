"""Scores -> rows of `compound`."""

import numpy as np

from musiczoo.music import compound_rows as rows, harmony, metre
from musiczoo.music.compound_rows import Layout
from musiczoo.music.score import (
  Score,
  TRACK,
)
from musiczoo.representations import compound_decoder
from musiczoo.representations.compound_decoder import Bars, cut_overlaps


def encode(score: Score, layout: Layout) -> np.ndarray:
  """A canonical Score on the grid -> int16 [rows, 5]."""
  if not len(score.notes):
    return _rows([[layout.end]])
  notes, programs, _ = slots(score, layout)
  starts, table = _bars(score, int(notes[:, 0].max()), layout)
  bar = metre.bar_of(starts, notes[:, 0])
  notes[:, 0] -= starts[bar]
  notes = np.column_stack([bar, notes])
  notes = notes[np.lexsort(notes[:, [3, 2, 1, 0]].T)]
  bars = Bars(notes, starts, table, programs)
  # The chords are those of what is kept.
  kept = compound_decoder.decode(write(bars, layout), layout)
  bars.table[:, rows.FIRST_CHORD :] = chords(kept, starts)
  return write(bars, layout)


def write(bars: Bars, layout: Layout) -> np.ndarray:
  """`Bars` -> int16 [rows, 5], in which what a slot repeats is no note."""
  notes = bars.notes
  plans, is_copied = _plans(notes)
  kept = notes[~is_copied]
  bar_rows = bars.table.copy()
  bar_rows[:, rows.PLACE] = layout.bar
  table = np.concatenate(
    [
      np.column_stack([np.arange(len(bar_rows)), bar_rows]),
      np.column_stack(
        [plans[:, 0], np.full(len(plans), layout.plan), plans[:, 1:]]
        + [np.zeros((len(plans), 2), np.int64)]
      ),
      kept,
    ]
  )
  # Within a bar: BAR, plans, notes.
  place = table[:, 1]
  kind = np.where(place == layout.bar, 0, np.where(place == layout.plan, 1, 2))
  order = np.lexsort([table[:, 3], table[:, 2], place, kind, table[:, 0]])
  header = _tracks(notes, bars.programs, layout)
  key = [layout.key, _key(notes, layout), 0, 0, 0]
  return _rows([key, *header, *table[order, 1:], [layout.end]])


def _rows(given):
  """Rows, some shorter than five, as int16 [rows, 5]."""
  if isinstance(given[-1], list):
    given = [*given[:-1], given[-1] + [0] * (rows.COLUMNS - len(given[-1]))]
  return np.stack([np.asarray(row) for row in given]).astype(np.int16)


def _key(notes, layout):
  pitched = notes[notes[:, 2] > 0]
  found = harmony.key_of(pitched[:, 3], layout.durations[pitched[:, 4]])
  return 0 if found is None else 1 + found.tonic + 12 * found.minor


def _tracks(notes, programs, layout):
  """The TRACK row of each slot that has notes."""
  slot, pitch = notes[:, 2], notes[:, 3]
  onset = notes[:, 0] * layout.positions + notes[:, 1]
  for index in np.unique(slot):
    own = slot == index
    each = own.sum() / len(np.unique(onset[own]))
    register = 0 if index == 0 else np.floor(pitch[own].mean() + 0.5)
    polyphony = np.searchsorted(rows.POLYPHONIES, each, side='right')
    yield np.array(
      [layout.track, index, programs[index], register, polyphony], np.int64
    )


def slots(score: Score, layout: Layout) -> tuple[np.ndarray, ...]:
  """The notes that are kept, and the programs of slots.

  Returns:
    int64 [N, 5], the columns onset, slot, pitch, duration class and velocity
    class; int64 [slots]; the slot of each track.
  """
  lane_of, programs = _joined(score)
  onset, length, pitch, velocity, track = score.notes.astype(np.int64).T
  lane = lane_of[track]
  is_drum = lane == 0
  length = np.where(
    is_drum,
    layout.drum_duration,
    layout.duration_class(length),
  )
  table = np.column_stack(
    [onset, lane, pitch, length, np.minimum(velocity // 8, rows.VELOCITIES - 1)]
  )
  # Of notes that begin together on one pitch the longest, of these the loudest.
  table = table[np.lexsort([-table[:, 4], -table[:, 3], *table[:, 2::-1].T])]
  same = (table[1:, :3] == table[:-1, :3]).all(1)
  table = table[np.append(True, ~same)]
  steps = layout.durations[table[:, 3]]
  steps = cut_overlaps(table[:, 0], table[:, 1] * 128 + table[:, 2], steps)
  table[:, 3] = layout.longest_class(steps)
  used = np.unique(lane[lane > 0])
  mean = [table[table[:, 1] == i, 2].mean() for i in used]
  order = used[np.argsort(mean, kind='stable')]
  slot_of = np.zeros(len(programs), np.int64)
  slot_of[order] = 1 + np.arange(len(order))
  table[:, 1] = slot_of[table[:, 1]]
  of_slots = np.zeros(rows.SLOTS, np.int64)
  of_slots[slot_of[order]] = programs[order]
  of_slots[0] = programs[0]
  return table, of_slots, slot_of[lane_of]


def _joined(score):
  """Tracks in at most as many lanes as there are slots; 0 is all drums.

  The track with the fewest notes joins the one of the nearest program until they
  fit.

  Returns:
    the lane of each track, and the program of each lane: int64.
  """
  drums = [i for i, track in enumerate(score.tracks) if track.drums]
  lanes = [[i] for i, track in enumerate(score.tracks) if not track.drums]
  count = np.bincount(score.notes[:, TRACK], minlength=len(score.tracks))
  program = [track.program for track in score.tracks]
  while len(lanes) > rows.SLOTS - 1:
    least = min(lanes, key=lambda lane: count[lane].sum())
    lanes.remove(least)
    nearest = min(
      lanes, key=lambda lane: abs(program[lane[0]] - program[least[0]])
    )
    nearest += least
  lane_of = np.zeros(len(score.tracks), np.int64)
  for index, lane in enumerate(lanes):
    lane_of[lane] = index + 1
  firsts = [drums[:1], *lanes]
  return lane_of, np.array(
    [program[lane[0]] if lane else 0 for lane in firsts], np.int64
  )


def _bars(score, last, layout):
  """Where bars begin up to the last onset, and their rows without chords.

  Music with a bar that no meter of whole steps describes is in bars of 4/4.
  """
  found = _meters(score, last, layout)
  if found is None:
    score = score._replace(meters=np.zeros((0, 3), np.int32))
    found = _meters(score, last, layout)
  starts, meter = found
  table = np.zeros((len(meter), rows.COLUMNS), np.int64)
  unstated = 1 + rows.METERS.index((4, 4))
  if (score.meters[:, 0] == 0).any():
    unstated = 0
  table[:, rows.METER] = _changes(meter, unstated)
  ticks = score.tempi[:, 0]
  index = metre.bar_of(ticks, starts[:-1]) if len(ticks) else -1
  tempi = np.append(score.tempi[:, 1], 0)  # The last: none yet.
  tempo = np.where(index < 0, 0, rows.tempo_class(np.maximum(tempi[index], 1)))
  table[:, rows.TEMPO] = _changes(np.broadcast_to(tempo, meter.shape), 0)
  return starts, table


def _changes(values, before):
  """The values where they differ from the one before, else 0."""
  return np.where(values != np.append(before, values[:-1]), values, 0)


def _meters(score, last, layout):
  """(bar lines, the meter of each bar), or None where one has no meter."""
  lines = metre.bars(score)
  count = int(metre.bar_of(lines, np.array(last))) + 1
  lines = lines[: count + 1]
  lengths = np.diff(lines)
  changes = np.concatenate([[(0, 4, 4)], score.meters])
  stated = changes[metre.bar_of(changes[:, 0], lines[:-1]), 1:]
  numbers = {meter: i + 1 for i, meter in enumerate(rows.METERS)}
  steps = layout.bar_steps
  by_length = {int(n): i for i, n in reversed(list(enumerate(steps))) if n}
  meter = []
  for pair, length in zip(map(tuple, stated.tolist()), lengths.tolist()):
    number = numbers.get(pair, 0)
    if not number or steps[number] != length:
      number = by_length.get(length, 0)
    if not number:
      return None
    meter.append(number)
  return lines, np.array(meter)


def _plans(notes):
  """What slots play in each bar, and which notes they repeat.

  Returns:
    int64 [K, 3], bar, slot and source; bool [N], which notes are copied.
  """
  key = notes[:, 0] * rows.SLOTS + notes[:, 2]
  order = np.argsort(key, kind='stable')
  found, first = np.unique(key[order], return_index=True)
  groups = np.split(order, first[1:])
  patterns, lag_of, plans = {}, {}, []
  is_copied = np.zeros(len(notes), bool)
  content = notes[:, [1, 3, 4, 5]]
  for number, group in zip(found.tolist(), groups):
    bar, slot = divmod(number, rows.SLOTS)
    pattern = content[group].tobytes()
    patterns[bar, slot] = pattern
    fits = [
      i
      for i, lag in enumerate(rows.LAGS)
      if patterns.get((bar - lag, slot)) == pattern
    ]
    if not fits:
      plans.append((bar, slot, rows.NEW))
    else:
      # As far back as in the bar before, if it can be.
      before = lag_of.get((bar - 1, slot))
      lag_of[bar, slot] = before if before in fits else fits[0]
      plans.append((bar, slot, 1 + lag_of[bar, slot]))
      is_copied[group] = True
  return np.array(plans, np.int64).reshape(-1, 3), is_copied


def chords(score: Score, starts: np.ndarray) -> np.ndarray:
  """The classes of the first and the last chord of each bar: int64 [bars, 2]."""
  found = harmony.chords(score)
  chord = rows.chord_class(found[:, 1], found[:, 2])
  if not len(found):
    return np.zeros((len(starts) - 1, 2), np.int64)
  first = np.searchsorted(found[:, 0], starts[:-1], side='right') - 1
  last = np.searchsorted(found[:, 0], starts[1:], side='left') - 1
  return np.column_stack([chord[first], chord[last]])
