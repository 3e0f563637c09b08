"""Codes of bars: annotations of steps as integers per bar, and back.

A bar is a fixed number of steps. Its codes are what `conditions` names of it: of
the bar key, section, density and rhythm, of either half a chord. Shapes: B rows,
T steps, N bars, S steps of a bar, C codes of a bar, K columns of `conditions`.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.music import annotations
from musiczoo.nn.conditioning import Conditioning


class Code(NamedTuple):
  """One of the codes of a bar.

  Attributes:
    column: of `conditions`, that it is a value of.
    size: how many values there are, 0 for nothing known among them.
    half: of the bar that it speaks of, 0 or 1; None: of all.
    wish: number of what a user asks for at once: a chord is two codes.
  """

  column: int
  size: int
  half: int | None
  wish: int

  @property
  def name(self) -> str:
    half = '' if self.half is None else f'_{self.half + 1}'
    return list(annotations.COLUMNS)[self.column] + half


# In the order in which a plan is made: a chord's root is given its quality.
_OF_BARS = (
  annotations.KEY,
  annotations.SECTION,
  annotations.DENSITY,
  annotations.RHYTHM,
)
_OF_HALVES = annotations.QUALITY, annotations.ROOT
NO_CHORD = 1  # The value of `quality` that has no root.


def codes_of(conditioning: Conditioning) -> tuple[Code, ...]:
  """The codes among the conditions: all but position and style."""
  sizes = dict(conditioning.columns)
  chosen = [(c, None) for c in _OF_BARS]
  chosen += [(c, half) for half in (0, 1) for c in _OF_HALVES]
  return tuple(
    Code(c, sizes[c], half, min(c, annotations.ROOT) if half is not None else c)
    for c, half in chosen
    if c in sizes
  )


class Bars(NamedTuple):
  """Bars of `size` steps over rows of which some begin within a bar.

  Attributes:
    size: S.
    age_B: how many steps the first bar is old where its row begins.
    steps: T.
  """

  size: int
  age_B: jax.Array
  steps: int

  @property
  def num(self) -> int:
    """N, enough for rows of any age."""
    return -(-(self.steps + self.size - 1) // self.size)

  def cut(self, a_BxT):
    """[B, T, ...] -> [B, N, S, ...], zeros where there is no step."""
    after = self.num * self.size - self.steps
    rest = [(0, 0)] * (a_BxT.ndim - 2)
    a_BxT = jnp.pad(a_BxT, [(0, 0), (self.size, after)] + rest)

    def row(a, age):
      return jax.lax.dynamic_slice_in_dim(
        a, self.size - age, self.num * self.size
      )

    a = jax.vmap(row)(a_BxT, self.age_B)
    return a.reshape(a.shape[0], self.num, self.size, *a.shape[2:])

  def join(self, a_BxNxS):
    """[B, N, S, ...] -> [B, T, ...]."""
    shape = a_BxNxS.shape
    a = a_BxNxS.reshape(shape[0], shape[1] * shape[2], *shape[3:])
    return jax.vmap(
      lambda a, age: jax.lax.dynamic_slice_in_dim(a, age, self.steps)
    )(a, self.age_B)


def bars_of(cond_BxTxK, size: int) -> Bars:
  """The bars of music whose first step knows its place in one."""
  place_B = cond_BxTxK[:, 0, annotations.POSITION].astype(jnp.int32)
  return Bars(size, jnp.maximum(place_B - 1, 0) % size, cond_BxTxK.shape[1])


def named(codes: tuple[Code, ...], bars: Bars, cond_BxTxK):
  """The codes that conditions of steps stand for: int32 [B, N, C].

  Sections name a bar before; where none is so long ago the bar is new.
  """
  cond = bars.cut(cond_BxTxK.astype(jnp.int32))
  columns = cond.shape[-1]
  halves = cond.reshape(*cond.shape[:2], 2, bars.size // 2, columns)
  halves = halves.max(axis=3)  # Of steps, for a row may begin within a bar.
  both = jnp.concatenate([halves, halves.max(2, keepdims=True)], axis=2)
  place_C = np.array(
    [
      (2 if code.half is None else code.half) * columns + code.column
      for code in codes
    ]
  )
  value_BxNxC = both.reshape(*cond.shape[:2], -1)[..., place_C]
  section_C = np.array([code.column == annotations.SECTION for code in codes])
  lag_BxNxC = jnp.array([0, 0, *annotations.LAGS])[value_BxNxC * section_C]
  return jnp.where(lag_BxNxC > jnp.arange(bars.num)[:, None], 1, value_BxNxC)


def whole(bars: Bars, cond_BxTxK):
  """Which bars are those of the music, from line to line: bool [B, N]."""
  place_BxNxS = bars.cut(cond_BxTxK[..., annotations.POSITION])
  return (place_BxNxS[..., 0] == 1) & (place_BxNxS[..., -1] == bars.size)


def spread(codes: tuple[Code, ...], bars: Bars, codes_BxNxC, cond_BxTxK):
  """Conditions of steps that say what the codes do: int32 [B, T, K].

  The style is that of `cond_BxTxK`; places are counted on from its first.
  """
  columns = np.arange(cond_BxTxK.shape[-1])
  half_S = np.arange(bars.size) >= bars.size // 2
  # The column and half of each code, and the position of each step.
  says_SxCxK = np.stack(
    [
      ((half_S == code.half) | (code.half is None))[:, None]
      & (columns == code.column)
      for code in codes
    ],
    axis=1,
  ).astype(np.int32)
  place_SxK = (1 + np.arange(bars.size))[:, None] * (
    columns == annotations.POSITION
  )
  cond = jnp.einsum('bnc,sck->bnsk', codes_BxNxC, says_SxCxK) + place_SxK
  return bars.join(cond) + cond_BxTxK * (columns == annotations.STYLE)
