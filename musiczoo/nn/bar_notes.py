"""Notes: the rows of `compound` that are past, with what they play by bar and slot.

Shapes: B pieces, N rows, M = N bars at most, 16 slots.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from musiczoo.music import compound_rows as rows
from musiczoo.music.compound_rows import Layout
from musiczoo.nn.note_codes import of_note, stack_of

_SLOTS = rows.SLOTS


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
  code = of_note(
    place,
    slot,
    pitch + 128 * (slot == 0),
    *jnp.moveaxis(x[:, rows.DURATION :], 1, 0),
  )
  code = jnp.where(is_note, code, -1)
  before = jnp.where(row > 0, notes.code[:, jnp.maximum(row - 1, 0)], -1)
  is_stacked = is_note & (stack_of(code) == stack_of(before))
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
