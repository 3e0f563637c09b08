"""Clocks: the step of the grid that the rows sampled so far have reached.

A clock has `start(num)`, its state before the first row, and `tick(state, x)`, that
after the rows x [num, ...]. The first array of a state is the step, int32 [num].
"""

import dataclasses

import jax.numpy as jnp
import numpy as np

from musiczoo.music import compound_rows as rows
from musiczoo.music.spec import Spec


@dataclasses.dataclass(frozen=True)
class GridClock:
  """Of rows that are steps of the grid."""

  def start(self, num: int):
    """See the module."""
    return (jnp.zeros(num, jnp.int32),)

  def tick(self, state, x_Nx):
    """See the module."""
    del x_Nx
    return (state[0] + 1,)


@dataclasses.dataclass(frozen=True)
class TokenClock:
  """Of tokens, `steps_per_token` as of `Spec`."""

  steps_per_token: np.ndarray

  def start(self, num: int):
    """See the module."""
    return (jnp.zeros(num, jnp.int32),)

  def tick(self, state, x_N):
    """See the module."""
    return (state[0] + jnp.asarray(self.steps_per_token)[x_N],)


@dataclasses.dataclass(frozen=True)
class BarClock:
  """Of `compound` rows: (step, where the bar begins, its length)."""

  layout: rows.Layout

  def start(self, num: int):
    """See the module."""
    zeros = jnp.zeros(num, jnp.int32)
    # The first bar begins where one of no length would end.
    return zeros, zeros, zeros

  def tick(self, state, x_Nx5):
    """See the module."""
    step_N, begin_N, length_N = state
    place_N = x_Nx5[:, rows.PLACE]
    is_bar = place_N == self.layout.bar
    is_note = (
      (place_N >= 0) & (place_N < self.layout.positions) & (length_N > 0)
    )
    steps = jnp.asarray(self.layout.bar_steps, jnp.int32)
    stated = steps[jnp.where(is_bar, x_Nx5[:, rows.METER], 0)]
    before = jnp.where(length_N > 0, length_N, 4 * self.layout.grid)
    begin_N = jnp.where(is_bar, begin_N + length_N, begin_N)
    new = jnp.where(stated > 0, stated, before)
    length_N = jnp.where(is_bar, new, length_N)
    reached = begin_N + jnp.where(is_note, place_N, 0)
    is_placed = is_bar | is_note
    return jnp.where(is_placed, reached, step_N), begin_N, length_N


def clock(spec: Spec) -> GridClock | TokenClock | BarClock:
  """The clock of a representation."""
  if spec.kind == 'compound':
    return BarClock(rows.Layout(spec.steps_per_quarter))
  if spec.steps_per_token is not None:
    return TokenClock(spec.steps_per_token)
  return GridClock()
