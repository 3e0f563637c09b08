"""What the next of `compound` rows can mean, given those before it.

Shapes: B pieces, S rows that are asked about, 16 slots.
"""

import jax
import jax.numpy as jnp

from musiczoo.music import compound_rows as rows
from musiczoo.music.compound_rows import Layout
from musiczoo.nn import note_codes
from musiczoo.nn.bar_memory import Now


def places(at: Now, layout: Layout) -> jax.Array:
  """The places that a row may have: bool [B, S, places]."""
  place = jnp.arange(layout.places)
  _, is_plan, is_bar, _, _ = jnp.moveaxis(at.kind, -1, 0)
  is_first, is_header = at.row == 0, at.bar < 0
  plays = at.new.any(-1) & ~is_header
  position, _, _ = note_codes.fields(at.code)
  # At the position of the note before there may be no more.
  begin = jnp.maximum(position + ~_same_position(at).any(-1), 0)[..., None]
  is_position = (place >= begin) & (place < at.bar_steps[..., None])
  can_plan = (is_bar | is_plan) & (at.free & _later(at)).any(-1)
  can_add = is_header & ~is_first & at.may_add & (at.last_slot < rows.SLOTS - 1)
  may_end = at.may_end & ~is_header
  return (
    (plays[..., None] & is_position & (place < layout.positions))
    | (can_plan[..., None] & (place == layout.plan))
    | (is_first[..., None] & (place == layout.key))
    | (can_add[..., None] & (place == layout.track))
    | ((at.exists.any(-1) | ~is_header)[..., None] & (place == layout.bar))
    | (may_end[..., None] & (place == layout.end))
  )


def slots(at: Now, place: jax.Array, layout: Layout) -> jax.Array:
  """The slots that a row of a place, int [B, S], may have: bool [B, S, 16]."""
  is_note, is_plan = place < layout.positions, place == layout.plan
  position, _, _ = note_codes.fields(at.code)
  is_same = is_note & (position == place)
  of_note = jnp.where(is_same[..., None], _same_position(at), at.new)
  later = _later(at)
  of_others = jnp.where(is_plan[..., None], at.free & later, later)
  return jnp.where(is_note[..., None], of_note, of_others)


def pitches(at: Now, place: jax.Array, slot: jax.Array) -> jax.Array:
  """The pitches that a note may have: bool [B, S, 256], those of drums last.

  Args:
    place, slot: int [B, S], of the note.
  """
  pitch = jnp.arange(note_codes.PITCHES)
  position, before, last = note_codes.fields(at.code)
  is_same = (position == place) & (before == slot)
  is_drum = (slot == 0)[..., None]
  higher = ~is_same[..., None] | (pitch > last[..., None])
  return (is_drum == (pitch >= note_codes.PITCHES // 2)) & higher


def _later(at):
  """The slots after that of the row before, if it is PLAN or TRACK."""
  return jnp.arange(rows.SLOTS) > at.last_slot[..., None]


def _same_position(at):
  """The slots of which a note may follow where the last one is: bool [B, S, 16]."""
  _, slot, pitch = note_codes.fields(at.code)
  top = jnp.where(slot == 0, note_codes.PITCHES, note_codes.PITCHES // 2) - 1
  # Higher notes follow.
  least = slot + ((pitch == top) | ~at.may_stack)
  return at.new & (jnp.arange(rows.SLOTS) >= least[..., None])
