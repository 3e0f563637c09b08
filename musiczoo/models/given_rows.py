"""Given rows of `compound` music, and what is sampled between them.

Shapes: B pieces, Q given rows, M bars, 16 slots.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from musiczoo.music import compound_rows as rows
from musiczoo.music.compound_rows import Layout
from musiczoo.nn.bar_memory import Now
from musiczoo.nn.heads import Controls
from musiczoo.nn.note_codes import of_pitch

_LAST = 1 << 30  # After all notes of a bar.


class GivenRows(NamedTuple):
  """The next given row of each piece.

  Attributes:
    x: [B, 5]; an attribute below 0 is sampled.
    is_left: bool [B], whether there is one.
  """

  x: jax.Array
  is_left: jax.Array

  def restrict(self, now: Now, controls: Controls) -> Now:
    """`now` with the slots that may be planned before the next given row.

    No track is added to those that are given.
    """
    free_BxSx16 = now.free
    if controls.free is None:
      may = jnp.zeros_like(free_BxSx16)
    else:
      bars = controls.free.shape[0]
      inside = (now.bar >= 0) & (now.bar < bars)
      may = controls.free[jnp.clip(now.bar, 0, bars - 1)] & inside[..., None]
    may |= ~self.is_left[:, None, None]
    return now._replace(
      free=free_BxSx16 & may,
      new=now.new & may,
      may_add=jnp.zeros_like(now.may_add),
    )

  def forced(self, now: Now) -> jax.Array:
    """Whether nothing may be sampled before the next given row: bool [B]."""
    return self.is_left & ~now.free[:, 0].any(-1)

  def come_first(self, x_Bx5: jax.Array, layout: Layout) -> jax.Array:
    """Whether the given rows come before the sampled rows of a bar: bool [B]."""
    return self.is_left & (_order(x_Bx5, layout) >= _order(self.x, layout))


def given_rows(controls: Controls, taken_B: jax.Array) -> GivenRows:
  """The next given rows, of which the first are taken already."""
  num = controls.known[..., 0].sum(-1)
  last = controls.given.shape[1] - 1
  b = jnp.arange(len(taken_B))
  x_Bx5 = controls.given[b, jnp.minimum(taken_B, last)].astype(jnp.int32)
  return GivenRows(x_Bx5, taken_B < num)


def _order(x_Bx5, layout):
  """What the rows of a bar are sorted by: PLAN by slot, notes, other rows."""
  place, slot, pitch = x_Bx5[:, 0], x_Bx5[:, 1], x_Bx5[:, 2]
  is_note = (place >= 0) & (place < layout.positions)
  code = of_pitch(jnp.where(is_note, place, 0), slot, pitch) >> 10
  of_row = jnp.where(place == layout.plan, slot, _LAST)
  return jnp.where(is_note, rows.SLOTS + code, of_row)
