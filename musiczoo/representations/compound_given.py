"""Music of which some bars of some instruments are written anew, as `compound` rows."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from musiczoo.music import compound_rows as rows, instruments, metre
from musiczoo.music.compound_rows import Layout
from musiczoo.music.quantize import quantize
from musiczoo.music.score import (
  canonical,
  DURATION,
  ONSET,
  PITCH as PITCH_OF_NOTE,
  Score,
  TRACK,
  Track,
)
from musiczoo.representations import compound_decoder, compound_encoder
from musiczoo.representations.compound_decoder import BAR, Bars, PITCH, SLOT

UNKNOWN = -1  # An attribute of a given row that is sampled.


class Given(NamedTuple):
  """What is given of some music, and where notes are added.

  Attributes:
    x: int64 [rows, 5], the given rows in their order; `UNKNOWN` is sampled.
    free: bool [bars, slots], where notes are added.
    score: the music, in its own ticks.
    track_slots: the slot of each of its tracks, then of each new one.
    tracks: the tracks, the new ones last.
    layout: of the rows.
  """

  x: np.ndarray
  free: np.ndarray
  score: Score
  track_slots: np.ndarray
  tracks: tuple[Track, ...]
  layout: Layout

  def complete(self, x: np.ndarray) -> Score:
    """The music with what the rows x add: all that was given stays, to the tick."""
    layout, score = self.layout, self.score
    bars = compound_decoder.read_bars(x, layout)
    notes = bars.notes[bars.notes[:, BAR] < len(self.free)]
    notes = notes[self.free[notes[:, BAR], notes[:, SLOT]]]
    bar, position, slot, pitch, duration, velocity = notes.T
    onset = bars.starts[bar] + position
    steps = compound_decoder.cut_overlaps(
      onset, slot * 128 + pitch, layout.durations[duration]
    )
    # The first track of a slot; of a slot without one there are no free bars.
    order = np.arange(len(self.track_slots))[::-1]
    track_of = np.zeros(rows.SLOTS, np.int64)
    track_of[self.track_slots[order]] = order
    ticks = [
      (step * score.resolution + layout.grid // 2) // layout.grid
      for step in (onset, onset + steps)
    ]
    new = np.column_stack(
      [ticks[0], ticks[1] - ticks[0], pitch, 8 * velocity + 4, track_of[slot]]
    )
    kept = score.notes[~self.is_free()].astype(np.int64)
    notes = np.concatenate([kept, _without_overlaps(new, kept)])
    return canonical(score._replace(notes=notes, tracks=self.tracks))

  def is_free(self) -> np.ndarray:
    """Which notes of the music are left out, since they are written anew: [N]."""
    score = self.score
    grid = quantize(score, self.layout.grid)
    lines = metre.bars(grid)
    onset = (
      2 * score.notes[:, ONSET].astype(np.int64) * self.layout.grid
      + score.resolution
    ) // (2 * score.resolution)
    bar = np.minimum(metre.bar_of(lines, onset), len(self.free) - 1)
    return self.free[bar, self.track_slots[score.notes[:, TRACK]]]


def _without_overlaps(new, kept):
  """New notes [N, 5], in ticks, that leave the ends of kept ones [M, 5] as they are.

  Of two notes of one pitch and track that overlap, a note off ends the first. So a
  new note ends where a kept one begins, and none begins while a kept one sounds.
  """
  if not len(kept):
    return new
  lane, onset = new[:, TRACK] << 7 | new[:, PITCH_OF_NOTE], new[:, ONSET]
  lanes = kept[:, TRACK] << 7 | kept[:, PITCH_OF_NOTE]
  order = np.argsort(lanes << 32 | kept[:, ONSET], kind='stable')
  begins = (lanes << 32 | kept[:, ONSET])[order]
  # The last end so far in each lane, since higher lanes are larger numbers.
  ends = (lanes << 32 | kept[:, ONSET] + kept[:, DURATION])[order]
  ends = np.maximum.accumulate(ends)
  after = np.searchsorted(begins, lane << 32 | onset, side='right')
  last = ends[after - 1] * (after > 0)
  sounds = (last >> 32 == lane) & (after > 0) & (last & 0xFFFFFFFF > onset)
  following = np.append(begins, -1)[after]
  until = np.where(following >> 32 == lane, following & 0xFFFFFFFF, 1 << 32)
  cut = new.copy()
  cut[:, DURATION] = np.minimum(new[:, DURATION], until - onset)
  return cut[~sounds]


def given(
  score: Score,
  layout: Layout,
  bars: slice,
  tracks: Sequence[int],
  more: Sequence[Track] = (),
) -> Given:
  """Music of which some tracks are written anew in some bars.

  Args:
    score: a canonical Score.
    layout: of the rows.
    bars: from 0 on.
    tracks: numbers of its tracks.
    more: tracks that are added and written in these bars.
  """
  x = compound_encoder.encode(quantize(score, layout.grid), layout)
  _, _, track_slots = compound_encoder.slots(
    quantize(score, layout.grid), layout
  )
  read = compound_decoder.read_bars(x, layout)
  header = x[x[:, rows.PLACE] == layout.track].astype(np.int64)
  key = x[x[:, rows.PLACE] == layout.key].astype(np.int64)
  read, header, moved, new_slots = _with_tracks(read, header, more, layout)
  track_slots = np.concatenate([moved[track_slots], new_slots])
  numbers = [*tracks, *range(len(score.tracks), len(track_slots))]
  free = np.zeros((len(read.table), rows.SLOTS), bool)
  free[bars, track_slots[numbers]] = True
  kept = read.notes[~free[read.notes[:, BAR], read.notes[:, SLOT]]]
  table = read.table.copy()
  table[:, rows.FIRST_CHORD :] = _known_chords(
    read._replace(notes=kept), table, free, layout
  )
  body = compound_encoder.write(
    read._replace(notes=kept, table=table), layout
  ).astype(np.int64)
  body = body[~np.isin(body[:, rows.PLACE], [layout.track, layout.key])]
  return Given(
    np.concatenate([key, header, body]),
    free,
    score,
    track_slots,
    (*score.tracks, *more),
    layout,
  )


def ensemble(more: Sequence[Track], layout: Layout) -> np.ndarray:
  """The rows of instruments before the first bar: int64 [1 + tracks, 5]."""
  empty = Bars(
    np.zeros((0, 6), np.int64),
    np.zeros(1, np.int64),
    np.zeros((0, rows.COLUMNS), np.int64),
    np.zeros(rows.SLOTS, np.int64),
  )
  key = np.array([[layout.key, UNKNOWN, 0, 0, 0]])
  header = _with_tracks(empty, np.zeros((0, 5), np.int64), more, layout)[1]
  return np.concatenate([key, header])


def _with_tracks(read, header, more, layout):
  """The bars and the header with more tracks, whose slots are in order of pitch.

  Returns:
    bars; header; int64 [slots], where the notes of each slot are now; the slots
    of the new tracks.
  """
  old = header[header[:, rows.SLOT] > 0]
  pitched = [(int(row[rows.REGISTER]), row) for row in old]
  drums = [row for row in header if row[rows.SLOT] == 0]
  new_slots = np.zeros(len(more), np.int64)
  for number, track in enumerate(more):
    row = [layout.track, -number - 1, track.program, UNKNOWN, UNKNOWN]
    if track.drums and not drums:
      drums = [np.array([layout.track, 0, track.program, 0, UNKNOWN])]
    elif not track.drums:
      pitched.append((instruments.register(track.program), np.array(row)))
  pitched.sort(key=lambda pair: pair[0])
  moved = np.zeros(rows.SLOTS, np.int64)
  made = [row.copy() for row in drums]
  for slot, (_, row) in enumerate(pitched[: rows.SLOTS - 1], 1):
    before = int(row[rows.SLOT])
    if before < 0:
      new_slots[-before - 1] = slot
    else:
      moved[before] = slot
    made.append(np.array([row[0], slot, *row[2:]]))
  notes = read.notes.copy()
  notes[:, SLOT] = moved[notes[:, SLOT]]
  order = np.lexsort(notes[:, [PITCH, SLOT, 1, BAR]].T)
  programs = np.zeros(rows.SLOTS, np.int64)
  for row in made:
    programs[row[rows.SLOT]] = row[rows.PROGRAM]
  made = np.array(made, np.int64).reshape(-1, rows.COLUMNS)
  return (
    read._replace(notes=notes[order], programs=programs),
    made,
    moved,
    new_slots,
  )


def _known_chords(read, table, free, layout):
  """The chords of what is given; in bars with free slots unknown if it has none."""
  chords = table[:, rows.FIRST_CHORD :]
  is_open = free.any(1)
  if not is_open.any():
    return chords
  kept = compound_decoder.decode(compound_encoder.write(read, layout), layout)
  found = compound_encoder.chords(kept, read.starts)
  known = np.where(found > 0, found, UNKNOWN)
  return np.where(is_open[:, None], known, chords)
