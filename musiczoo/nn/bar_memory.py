"""What earlier bars of `compound` rows have at the place of the next row.

Shapes: B pieces, N rows of which the past is made up, S rows that are asked about
(all of them, or the next one), 16 slots, K bars back, M bars.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.music import compound_rows as rows
from musiczoo.music.compound_rows import Layout
from musiczoo.nn.bar_notes import Notes
from musiczoo.nn.note_codes import fields, performed, PITCHES, position_of

BACK = (1, 2, 4, 8, 16)  # Bars back at which notes are looked up.
SUSTAIN = 2  # Bars back of which a note may still sound.
DECAY, HISTORY = 0.5, 8  # Of the pitch classes of earlier bars, each bar back.
NEVER = np.int32(2**31 - 1)
_SLOTS = rows.SLOTS


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
    may_end: bool [B, S], whether the piece may end.
    may_stack: bool [B, S], whether more notes of this position and slot may follow.
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
  may_end: jax.Array
  may_stack: jax.Array
  chords: jax.Array
  key: jax.Array
  stacked: jax.Array


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
    *[jnp.ones(bar.shape, bool)] * 3,
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
      begun = position_of(notes.code)[:, None] <= at
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
