"""Codes of bars: annotations of steps as integers per bar, and back.

A bar is a fixed number of steps. Its codes are annotations (see
`music.annotations`): key, section, density and rhythm of the bar, a chord of
either half. Shapes: B rows, T steps, N bars, S steps of a bar, C codes of a bar,
K columns of annotations.
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
    column: the annotation column whose value it is.
    size: number of values, 0 for unknown among them.
    half: of the bar that it describes, 0 or 1; None: all of it.
    request: number of the codes that a user requests together: a chord is two.
  """

  column: int
  size: int
  half: int | None
  request: int

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
# Conditions that are no codes.
_OF_STEPS = annotations.STYLE, annotations.LENGTH, annotations.PHRASES


def codes_of(conditioning: Conditioning) -> tuple[Code, ...]:
  """The codes among the conditions: all but style and those of metre and form."""
  sizes = dict(conditioning.columns)
  root = annotations.ROOT
  codes = [(c, None, c) for c in _OF_BARS]
  codes += [(c, half, min(c, root)) for half in (0, 1) for c in _OF_HALVES]
  return tuple(
    Code(c, sizes[c], half, request) for c, half, request in codes if c in sizes
  )


class Bars(NamedTuple):
  """Bars of `size` steps over rows of which some begin within a bar.

  Attributes:
    size: S.
    age_B: steps of the first bar before its row begins.
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
    length = self.num * self.size
    pads = [(0, 0), (self.size, length - self.steps)]
    a_BxT = jnp.pad(a_BxT, pads + [(0, 0)] * (a_BxT.ndim - 2))
    a = _slices(a_BxT, self.size - self.age_B, length)
    return a.reshape(a.shape[0], self.num, self.size, *a.shape[2:])

  def join(self, a_BxNxS):
    """[B, N, S, ...] -> [B, T, ...]."""
    shape = a_BxNxS.shape
    a = a_BxNxS.reshape(shape[0], shape[1] * shape[2], *shape[3:])
    return _slices(a, self.age_B, self.steps)


def _slices(a_BxT, start_B, length):
  slice_row = lambda a, at: jax.lax.dynamic_slice_in_dim(a, at, length)
  return jax.vmap(slice_row)(a_BxT, start_B)


def bars_of(cond_BxTxK, size: int) -> Bars:
  """The bars of music, by the position of its first step."""
  position_B = cond_BxTxK[:, 0, annotations.POSITION].astype(jnp.int32)
  age_B = jnp.maximum(position_B - 1, 0) % size
  return Bars(size, age_B, cond_BxTxK.shape[1])


def from_steps(codes: tuple[Code, ...], bars: Bars, cond_BxTxK):
  """Annotations of steps -> codes of bars: int32 [B, N, C].

  Sections refer to a bar before; where there is none so long ago the bar is new.
  """
  cond = bars.cut(cond_BxTxK.astype(jnp.int32))
  columns = cond.shape[-1]
  halves = cond.reshape(*cond.shape[:2], 2, bars.size // 2, columns)
  halves = halves.max(axis=3)  # Over steps, as a row may begin within a bar.
  both = jnp.concatenate([halves, halves.max(2, keepdims=True)], axis=2)
  half_C = [2 if code.half is None else code.half for code in codes]
  column_C = np.array([code.column for code in codes])
  index_C = np.array(half_C) * columns + column_C
  value_BxNxC = both.reshape(*cond.shape[:2], -1)[..., index_C]
  section_C = column_C == annotations.SECTION
  lag_BxNxC = jnp.array([0, 0, *annotations.LAGS])[value_BxNxC * section_C]
  return jnp.where(lag_BxNxC > jnp.arange(bars.num)[:, None], 1, value_BxNxC)


def to_steps(codes: tuple[Code, ...], bars: Bars, codes_BxNxC, cond_BxTxK):
  """Codes of bars -> annotations of steps: int32 [B, T, K].

  Style, length and phrases are those of `cond_BxTxK`; positions count on from its
  first.
  """
  columns = np.arange(cond_BxTxK.shape[-1])
  half_S = np.arange(bars.size) >= bars.size // 2
  # 1 where a code is the value of a column at a step of the bar.
  is_at_SxCxK = np.stack(
    [
      ((half_S == code.half) | (code.half is None))[:, None]
      & (columns == code.column)
      for code in codes
    ],
    axis=1,
  ).astype(np.int32)
  position_Sx1 = 1 + np.arange(bars.size)[:, None]
  position_SxK = position_Sx1 * (columns == annotations.POSITION)
  cond = jnp.einsum('bnc,sck->bnsk', codes_BxNxC, is_at_SxCxK) + position_SxK
  return bars.join(cond) + cond_BxTxK * np.isin(columns, _OF_STEPS)


def is_whole(bars: Bars, cond_BxTxK):
  """Which bars are whole bars of the music: bool [B, N]."""
  position_BxNxS = bars.cut(cond_BxTxK[..., annotations.POSITION])
  return (position_BxNxS[..., 0] == 1) & (position_BxNxS[..., -1] == bars.size)
