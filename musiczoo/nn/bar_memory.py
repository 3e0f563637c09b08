"""BarMemory: what earlier bars of `compound` rows have at the place of the next row.

Shapes: B pieces, N rows of which the past is made up, S rows that are asked about
(all of them, or the next one), 16 slots, K bars back, M bars.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.music import compound_rows as rows
from musiczoo.music.compound_rows import Layout

BACK = (1, 2, 4, 8, 16)  # Bars back at which notes are looked up.
SUSTAIN = 2  # Bars back of which a note may still sound.
DECAY, HISTORY = 0.5, 8  # Of the pitch classes of earlier bars, each bar back.
NEVER = np.int32(2**31 - 1)
_SLOTS = rows.SLOTS
PITCHES = 256  # Drums have pitches of their own.
# A note as one number that sorts by position, slot and pitch: where the bits of
# each begin; up to 32 steps a quarter they fit. Divisions would compile to many
# operations.
_VELOCITY, _DURATION, _PITCH, _SLOT, _POSITION = 0, 4, 10, 18, 22


def of_position(position: jax.Array) -> jax.Array:
  """The least code of a note at a position."""
  return position << _POSITION


def of_slot(position: jax.Array, slot: jax.Array) -> jax.Array:
  """The least code of a note at a position, of a slot."""
  return position << _POSITION | slot << _SLOT


def of_pitch(
  position: jax.Array, slot: jax.Array, pitch: jax.Array
) -> jax.Array:
  """The least code of a note at a position, of a slot and a pitch below 256."""
  return of_slot(position, slot) | pitch << _PITCH


def fields(code: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
  """(position, slot, pitch below 256) of a note's code; -1 of -1, no note."""
  is_note = code >= 0
  slot, pitch = code >> _SLOT & 15, code >> _PITCH & 255
  return (
    code >> _POSITION,
    jnp.where(is_note, slot, -1),
    jnp.where(is_note, pitch, -1),
  )


def performed(code: jax.Array) -> tuple[jax.Array, jax.Array]:
  """(duration class, velocity class) of a note's code."""
  return code >> _DURATION & 63, code >> _VELOCITY & 15


class Found(NamedTuple):
  """The next notes of earlier bars: each int32 [B, S, K].

  Attributes:
    position: of the note; `layout.positions` where the bar has no more, one more
      where there is no such bar.
    slot: 16 where there is no note, 17 no bar.
    pitch: 256 where there is no note.
    duration, velocity: classes; 0 where there is no note.
    is_note: bool.
  """

  position: jax.Array
  slot: jax.Array
  pitch: jax.Array
  duration: jax.Array
  velocity: jax.Array
  is_note: jax.Array


class Notes(NamedTuple):
  """The rows of the past, N at most, of M = N bars at most; each int32 [B, N].

  Attributes:
    code: of a note; -1 of another row.
    bar: the bar that a row is in, -1 before the first.
    slot, pitch, ends: of notes; `ends` is the step of the bar where they end.
    stack: the first of the notes of one position and slot, of notes.
    source: [B, M, 16], the bar whose notes a slot plays in each bar.
    planned_at: [B, M, 16], the row of its PLAN; N where there is none.
    plan: [B, M, 16], 1 + its source; 0 where there is none, and it is silent.
    count: [B, M, 16], how many notes are written for it there, without copies.
    chroma: float32 [B, M, 16, 12], how long their pitch classes sound, in quarters.
    starts: [B, M + 1], the steps at which bars begin, and the last ends.
    chords: [B, M, 2].
    tracks: [B, 16, 4], row, program, register, polyphony of each slot; the row is
      N where there is no such track.
    key: [B]; 0 where there is none.
  """

  code: jax.Array
  bar: jax.Array
  slot: jax.Array
  pitch: jax.Array
  ends: jax.Array
  stack: jax.Array
  source: jax.Array
  planned_at: jax.Array
  plan: jax.Array
  count: jax.Array
  chroma: jax.Array
  starts: jax.Array
  chords: jax.Array
  tracks: jax.Array
  key: jax.Array


class Now(NamedTuple):
  """Where the rows that are asked about stand, given all rows before each.

  Attributes: each [B, S] unless said otherwise.
    row: how many rows are before.
    kind: bool [B, S, 5], whether the row before is a note, PLAN, BAR, TRACK or KEY;
      of the first row none.
    bar: the bar that it is in, -1 before the first.
    bar_steps: length of the bar.
    code: of the note before in this bar; -1: none.
    last_slot: of the row before if it is PLAN or TRACK, else -1.
    exists: bool [B, S, 16], the slots that have a track.
    new: bool [B, S, 16], the slots that are planned to play new notes in this bar.
    copied: bool [B, S, 16], the slots that are planned to repeat a bar.
    free: bool [B, S, 16], of those that exist the slots that may be planned.
    may_add: bool [B, S], whether tracks may be added.
    chords: int32 [B, S, 2], of this bar.
    key: of the piece; 0 before the KEY.
    stacked: how many notes of one position and slot are before.
  """

  row: jax.Array
  kind: jax.Array
  bar: jax.Array
  bar_steps: jax.Array
  code: jax.Array
  last_slot: jax.Array
  exists: jax.Array
  new: jax.Array
  copied: jax.Array
  free: jax.Array
  may_add: jax.Array
  chords: jax.Array
  key: jax.Array
  stacked: jax.Array


def start(pieces: int, num: int) -> Notes:
  """The past before the first of `num` rows."""
  empty = jnp.full((pieces, num), -1, jnp.int32)
  table = jnp.zeros((pieces, num, _SLOTS), jnp.int32)
  own = jnp.broadcast_to(jnp.arange(num)[:, None], table.shape)
  return Notes(
    code=empty,
    bar=empty,
    slot=empty,
    pitch=empty,
    ends=empty,
    stack=empty,
    source=own,
    planned_at=jnp.full_like(table, num),
    plan=table,
    count=table,
    chroma=jnp.zeros((*table.shape, 12)),
    starts=jnp.zeros((pieces, num + 1), jnp.int32),
    chords=jnp.zeros((pieces, num, 2), jnp.int32),
    tracks=jnp.zeros((pieces, _SLOTS, 4), jnp.int32).at[..., 0].set(num),
    key=jnp.zeros(pieces, jnp.int32),
  )


def append(notes: Notes, x_Bx5: jax.Array, row, layout: Layout) -> Notes:
  """The past with one more row.

  Args:
    row: its number, the same of all pieces.
  """
  x = x_Bx5.astype(jnp.int32)
  num = notes.code.shape[1]
  b = jnp.arange(len(x))
  place, slot = x[:, rows.PLACE], jnp.clip(x[:, rows.SLOT], 0, _SLOTS - 1)
  last = jnp.where(row > 0, notes.bar[:, jnp.maximum(row - 1, 0)], -1)
  is_bar = place == layout.bar
  bar = last + is_bar
  is_note = (place >= 0) & (place < layout.positions) & (bar >= 0)
  is_plan = (place == layout.plan) & (bar >= 0)
  planned = jnp.where(is_plan, x[:, rows.SOURCE], rows.NEW)
  is_copy = is_plan & (planned > rows.NEW)
  # What a row does not change is written beyond the tables, which drop it.
  at_note = jnp.where(is_note, bar, num)
  at_copy = jnp.where(is_copy, bar, num)
  at_bar = jnp.where(is_bar, bar, num)
  pitch = x[:, rows.PITCH]
  durations = jnp.asarray(layout.durations, jnp.int32)
  steps = durations[jnp.where(is_note, x[:, rows.DURATION], 0)]
  code = (
    of_pitch(place, slot, pitch + 128 * (slot == 0))
    | x[:, rows.DURATION] << _DURATION
    | x[:, rows.VELOCITY] << _VELOCITY
  )
  code = jnp.where(is_note, code, -1)
  before = jnp.where(row > 0, notes.code[:, jnp.maximum(row - 1, 0)], -1)
  is_stacked = is_note & (code >> _SLOT == before >> _SLOT)
  stack = jnp.where(is_stacked, notes.stack[:, jnp.maximum(row - 1, 0)], row)
  # A copy plays what the bar that it copies plays.
  lags = jnp.asarray((0, *rows.LAGS), jnp.int32)
  copied = jnp.maximum(bar - lags[planned], 0)
  sounds = jnp.minimum(steps, 2 * layout.grid) / layout.grid
  at_pitch = jnp.where(slot > 0, at_note, num)
  drop = {'mode': 'drop'}
  place_in = b, jnp.where(is_plan, bar, num), slot
  return Notes(
    code=notes.code.at[:, row].set(code),
    bar=notes.bar.at[:, row].set(bar),
    slot=notes.slot.at[:, row].set(jnp.where(is_note, slot, -1)),
    pitch=notes.pitch.at[:, row].set(pitch),
    ends=notes.ends.at[:, row].set(place + steps),
    stack=notes.stack.at[:, row].set(stack),
    source=notes.source.at[b, at_copy, slot].set(
      notes.source[b, copied, slot], **drop
    ),
    planned_at=notes.planned_at.at[place_in].set(row, **drop),
    plan=notes.plan.at[place_in].set(planned + 1, **drop),
    count=notes.count.at[b, at_note, slot].add(1, **drop),
    chroma=notes.chroma.at[b, at_pitch, slot, pitch % 12].add(sounds, **drop),
    starts=_with_bar(notes.starts, x, bar, is_bar, layout),
    chords=notes.chords.at[b, at_bar].set(x[:, rows.FIRST_CHORD :], **drop),
    tracks=notes.tracks.at[
      b, jnp.where(place == layout.track, slot, _SLOTS)
    ].set(_track(x, row), **drop),
    key=jnp.where(place == layout.key, x[:, rows.KEY], notes.key),
  )


def _with_bar(starts, x, bar, is_bar, layout):
  """`Notes.starts` with the end of the bar that a row begins, if it does."""
  b = jnp.arange(len(x))
  at = jnp.maximum(bar, 0)
  begin = starts[b, at]
  before = begin - starts[b, jnp.maximum(at - 1, 0)]
  steps = jnp.asarray(layout.bar_steps, jnp.int32)
  stated = steps[jnp.where(is_bar, x[:, rows.METER], 0)]
  length = jnp.where(at > 0, before, 4 * layout.grid)
  length = jnp.where(stated > 0, stated, length)
  where = jnp.where(is_bar, at + 1, starts.shape[1])
  return starts.at[b, where].set(begin + length, mode='drop')


def _track(x, row):
  first = jnp.full((len(x), 1), row, jnp.int32)
  return jnp.concatenate([first, x[:, rows.PROGRAM :]], axis=1)


def read(x_BxNx5: jax.Array, layout: Layout) -> Notes:
  """The past that rows make up."""

  def step(notes, given):
    x_Bx5, row = given
    return append(notes, x_Bx5, row, layout), ()

  pieces, num = x_BxNx5.shape[:2]
  each = jnp.swapaxes(x_BxNx5, 0, 1), jnp.arange(num)
  return jax.lax.scan(step, start(pieces, num), each)[0]


def now(
  x_BxNx5: jax.Array, notes: Notes, row_S: jax.Array, layout: Layout
) -> Now:
  """Where the rows with these numbers stand, given the rows before each."""
  x = jnp.asarray(x_BxNx5, jnp.int32)
  before = jnp.maximum(row_S - 1, 0)
  is_first = row_S == 0
  prev = jnp.where(is_first[:, None], 0, x[:, before])
  place = jnp.where(is_first, -1, prev[..., rows.PLACE])
  is_note = (place >= 0) & (place < layout.positions)
  kinds = layout.plan, layout.bar, layout.track, layout.key
  kind = jnp.stack([is_note, *(place == k for k in kinds)], axis=-1)
  bar = jnp.where(is_first, -1, notes.bar[:, before])
  row_BxS = jnp.broadcast_to(row_S, bar.shape)
  at = jnp.maximum(bar, 0)
  ends = jnp.take_along_axis(notes.starts, at + 1, axis=1)
  begin = jnp.take_along_axis(notes.starts, at, axis=1)
  is_planned = at_bars(notes.planned_at, at) < row_BxS[..., None]
  is_planned &= (bar >= 0)[..., None]
  is_new = at_bars(notes.plan, at) == 1 + rows.NEW
  has_slot = kind[..., 1] | kind[..., 3]
  exists = notes.tracks[:, None, :, 0] < row_BxS[..., None]
  return Now(
    row_BxS,
    kind,
    bar,
    ends - begin,
    jnp.where(is_note, notes.code[:, before], -1),
    jnp.where(has_slot, prev[..., rows.SLOT], -1),
    exists,
    is_planned & is_new,
    is_planned & ~is_new,
    exists,
    jnp.ones(bar.shape, bool),
    jnp.where((bar >= 0)[..., None], at_bars(notes.chords, at), 0),
    jnp.where(row_BxS > 0, notes.key[:, None], 0),
    jnp.where(is_note, row_S - notes.stack[:, before], 0),
  )


def at_bars(table_BxMxC: jax.Array, bar_BxS: jax.Array) -> jax.Array:
  """Rows of a table of bars: [B, S, ...]; `bar` within it."""
  index = bar_BxS.reshape(*bar_BxS.shape, *[1] * (table_BxMxC.ndim - 2))
  return jnp.take_along_axis(table_BxMxC, index, axis=1)


def _plays(notes: Notes, source_BxSx16: jax.Array) -> jax.Array:
  """Which rows are notes of these bars, one for each slot: bool [B, S, N]."""
  if source_BxSx16.shape[1] == 1:  # Of a step of sampling.
    slot = jnp.maximum(notes.slot, 0)
    bar = jnp.take_along_axis(source_BxSx16[:, 0], slot, axis=1)
    return ((bar == notes.bar) & (notes.code >= 0))[:, None]
  # The source of each row's slot, by a product: faster than a lookup for many.
  is_slot = jax.nn.one_hot(notes.slot, _SLOTS)
  bar = jnp.einsum(
    'bsk,bnk->bsn',
    source_BxSx16.astype(jnp.float32),
    is_slot,
    precision='highest',
  )
  return (bar == notes.bar[:, None]) & (notes.code >= 0)[:, None]


class Lookup(NamedTuple):
  """Earlier bars, for the rows that are asked about.

  Attributes:
    plays: bool [B, S, N] for each of `BACK`: the notes of the bar so far back,
      only of slots that play new notes in this bar, once there is a plan.
    is_bar: bool [B, S, K], whether there is such a bar.
  """

  plays: tuple[jax.Array, ...]
  is_bar: jax.Array

  def next(self, notes: Notes, least_BxS: jax.Array, layout: Layout) -> Found:
    """The first notes of these bars whose codes are at least so much."""
    code = notes.code[:, None]
    is_late = code >= least_BxS[..., None]
    found = jnp.stack(
      [jnp.where(plays & is_late, code, NEVER).min(-1) for plays in self.plays],
      axis=-1,
    )
    return self._found(found, layout)

  def _found(self, code_BxSxK, layout):
    is_note = code_BxSxK < NEVER
    code = jnp.where(is_note, code_BxSxK, 0)
    none = jnp.where(self.is_bar, 0, 1)
    position, slot, pitch = fields(code)
    return Found(
      jnp.where(is_note, position, layout.positions + none),
      jnp.where(is_note, slot, _SLOTS + none),
      jnp.where(is_note, pitch, PITCHES),
      *performed(code),
      is_note,
    )


def lookup(notes: Notes, at: Now, is_kept_BxK=None) -> Lookup:
  """The bars of `BACK`; of those that are not kept none is found."""
  plays, is_bar = [], []
  is_note, is_plan, *_ = jnp.moveaxis(at.kind, -1, 0)
  is_other = ~at.new & (is_note | is_plan)[..., None]
  for k, back in enumerate(BACK):
    bar = at.bar - back
    is_some = bar >= 0
    if is_kept_BxK is not None:
      is_some &= is_kept_BxK[:, k, None]
    source = at_bars(notes.source, jnp.maximum(bar, 0))
    source = jnp.where(is_other | ~is_some[..., None], -9, source)
    plays.append(_plays(notes, source))
    is_bar.append(is_some)
  return Lookup(tuple(plays), jnp.stack(is_bar, axis=-1))


class Sounding(NamedTuple):
  """The notes that may sound in the bars that are asked about.

  Attributes:
    plays: bool [B, S, N], for this bar and each of `SUSTAIN` bars before it.
    offset: int32 [B, S] for each, the steps from its beginning to this bar's.
  """

  plays: tuple[jax.Array, ...]
  offset: tuple[jax.Array, ...]

  def chroma(self, notes: Notes, position_BxS: jax.Array) -> jax.Array:
    """The pitch classes that sound at a position, then the lowest's: [B, S, 24]."""
    sounds = False
    for plays, offset in zip(self.plays, self.offset):
      at = (position_BxS + offset)[..., None]
      begins = notes.ends[:, None]
      begun = (notes.code >> _POSITION)[:, None] <= at
      sounds |= plays & (begins > at) & begun
    sounds &= (notes.slot > 0)[:, None]
    each = jax.nn.one_hot(notes.pitch % 12, 12)
    total = jnp.einsum('bsn,bnc->bsc', sounds.astype(jnp.float32), each)
    lowest = jnp.where(sounds, notes.pitch[:, None], 128).min(-1)
    bass = jax.nn.one_hot(lowest % 12, 12) * (lowest < 128)[..., None]
    return jnp.concatenate([jnp.minimum(total, 1), bass], axis=-1)

  def waiting(self, notes: Notes, at: Now) -> jax.Array:
    """The slots whose new notes in this bar have not begun: float [B, S, 16]."""
    slots = jax.nn.one_hot(notes.slot, _SLOTS)
    played = jnp.einsum(
      'bsn,bnk->bsk', self.plays[0].astype(jnp.float32), slots
    )
    return (at.new & (played == 0)).astype(jnp.float32)

  def last(self, notes: Notes, slot_BxS: jax.Array) -> jax.Array:
    """The code of the last note of a slot, -1 if none, and its offset: [B, S, 2]."""
    code = offset = jnp.full(slot_BxS.shape, -1)
    is_own = notes.slot[:, None] == slot_BxS[..., None]
    for plays, back in reversed(list(zip(self.plays, self.offset))):
      found = jnp.where(plays & is_own, notes.code[:, None], -1).max(-1)
      offset = jnp.where(found >= 0, back, offset)
      code = jnp.where(found >= 0, found, code)
    return jnp.stack([code, offset], axis=-1)


def sounding(notes: Notes, at: Now) -> Sounding:
  """The notes of this bar so far, and of the bars before it."""
  plays, offsets = [], []
  is_past = jnp.arange(notes.bar.shape[1]) < at.row[..., None]
  here = jnp.maximum(at.bar, 0)
  start = jnp.take_along_axis(notes.starts, here, axis=1)
  for back in range(SUSTAIN + 1):
    bar = at.bar - back
    source = at_bars(notes.source, jnp.maximum(bar, 0))
    if not back:
      # A copy of this bar sounds once its row is past.
      is_copy = at_bars(notes.plan, here) > 1 + rows.NEW
      source = jnp.where(is_copy & ~at.copied, -9, source)
    source = jnp.where((bar >= 0)[..., None], source, -9)
    plays.append(_plays(notes, source) & is_past)
    offsets.append(
      start - jnp.take_along_axis(notes.starts, jnp.maximum(bar, 0), axis=1)
    )
  return Sounding(tuple(plays), tuple(offsets))


def history(notes: Notes, at: Now) -> jax.Array:
  """The pitch classes of the bars before this one, at most 1: [B, S, 12]."""
  total = 0
  for back in range(1, HISTORY + 1):
    bar = at.bar - back
    one = _played(notes.chroma, notes, jnp.maximum(bar, 0)).sum(2)
    total = total + jnp.where((bar >= 0)[..., None], DECAY**back * one, 0)
  return total / jnp.maximum(total.max(-1, keepdims=True), 1e-6)


def _played(table_BxMx16, notes, bar_BxS):
  """Of what is written for each bar and slot, that which it plays: [B, S, 16, ...]."""
  b = jnp.arange(len(bar_BxS))[:, None, None]
  source_BxSx16 = at_bars(notes.source, bar_BxS)
  return table_BxMx16[b, source_BxSx16, jnp.arange(_SLOTS)]


def played(notes: Notes, at: Now, backs: tuple[int, ...]) -> jax.Array:
  """Whether slots play in earlier bars, and by which plan.

  Returns:
    int32 [B, S, 16, len(backs), 2]: 1 if it plays; `Notes.plan`.
  """
  found = []
  for back in backs:
    bar = at.bar - back
    place = jnp.maximum(bar, 0)
    plays = _played(notes.count, notes, place) > 0
    both = jnp.stack([plays, at_bars(notes.plan, place)], axis=-1)
    found.append(jnp.where((bar >= 0)[..., None, None], both, 0))
  return jnp.stack(found, axis=-2)


class Past(NamedTuple):
  """What is looked up for the rows that are asked about."""

  notes: Notes
  now: Now
  lookup: Lookup
  sounding: Sounding


def past(
  x_BxNx5: jax.Array,
  notes: Notes,
  row_S: jax.Array,
  layout: Layout,
  is_kept_BxK: jax.Array | None = None,
) -> Past:
  """The `Past` of the rows with these numbers.

  Args:
    x_BxNx5: all rows; what is not before a row is not used for it.
    is_kept_BxK: False hides a bar of `BACK`.
  """
  at = now(x_BxNx5, notes, row_S, layout)
  return Past(notes, at, lookup(notes, at, is_kept_BxK), sounding(notes, at))
