"""Spec: the layout and meaning of an encoded piece, for models."""

from typing import NamedTuple

import numpy as np

from musiczoo.music import compound_rows

KINDS = ('voices', 'bits', 'tokens', 'compound', 'frames')


class Spec(NamedTuple):
  """The layout of an encoded piece x, and what its cells mean.

  Methods that take x work on NumPy and on JAX arrays alike (the array API
  standard).

  Attributes:
    kind: one of `KINDS`. 'voices': one cell a voice, `2 * symbol + is_onset`,
      where symbol 0 is a rest. 'bits': a piano-roll of zeros and ones.
      'tokens': one token a step. 'compound': rows of attributes, see
      `compound_rows`. 'frames': real numbers, features of audio.
    depth: symbols of a voice, bits of a step, size of the vocabulary, places of
      a row, or numbers of a frame.
    shape: of one step; x is [steps, *shape].
    dtype: NumPy dtype of x as it is encoded and stored.
    steps_per_quarter: the grid; 0 of frames, which have none.
    planes: number of planes of pitches in a step of bits. A single plane marks
      which pitches sound. More are those of `representations.tracks`: the
      onsets of drums, then for each pitched group one plane of what sounds and
      one of onsets. `sounding_planes`, `onset_planes`, `pitched_onset_planes`
      and `plane_groups` index them.
    parts: (name, cells of a step) of each voice, or of each group of
      instruments, where these are fixed; else empty.
    ranges: the lowest and the highest symbol that each voice sings; empty where
      that is not known.
    steps_per_token: int32 [depth], by how many steps of the grid each token
      moves time on; None where a step of x is a step of the grid.
    end_token: the token, or the place of the row, that ends a piece, or None.
    low: the pitch of symbol 1 of a melody.
  """

  kind: str
  depth: int
  shape: tuple[int, ...]
  dtype: type = np.int32
  steps_per_quarter: int = 4
  planes: int = 1
  parts: tuple[tuple[str, slice], ...] = ()
  ranges: tuple[tuple[int, int], ...] = ()
  steps_per_token: np.ndarray | None = None
  end_token: int | None = None
  low: int = 0

  @property
  def is_audio(self) -> bool:
    """Whether x is audio: real numbers, no notes and no grid."""
    return self.kind == 'frames'

  @property
  def is_grid(self) -> bool:
    """Whether a step of x is a step of the grid, with pitches in its cells."""
    return self.kind in ('voices', 'bits')

  @property
  def is_melody(self) -> bool:
    """Whether x is a line: tokens `2 * symbol + is_onset`, one a step."""
    return self.kind == 'tokens' and self.steps_per_token is None

  @property
  def unit(self) -> str:
    """What a figure 'per ...' is per: 'note', 'frame', 'token' or 'row'."""
    units = {'voices': 'note', 'tokens': 'token', 'compound': 'row'}
    return units.get(self.kind, 'frame')

  @property
  def units_per_step(self) -> int:
    """Units in a step of x: a note for each voice, else one."""
    return self.shape[0] if self.kind == 'voices' else 1

  @property
  def sounding_planes(self) -> slice:
    """The planes of pitches that sound; drums have none."""
    return slice(1, None, 2) if self.planes > 1 else slice(None)

  @property
  def onset_planes(self) -> slice:
    """The planes of notes that begin: of drums, then of each group."""
    return slice(0, None, 2) if self.planes > 1 else slice(0)

  @property
  def pitched_onset_planes(self) -> slice:
    """Those of `onset_planes` that belong to `sounding_planes`, in order."""
    return slice(2, None, 2) if self.planes > 1 else slice(0)

  @property
  def plane_groups(self) -> np.ndarray:
    """The number of each plane's group of instruments: int [planes]."""
    return (np.arange(self.planes) + 1) // 2

  @property
  def num_values(self) -> int:
    """How many values a cell of x can have; of integers only."""
    return {'voices': 2 * self.depth, 'bits': 2, 'tokens': self.depth}[
      self.kind
    ]

  @property
  def sample_dtype(self) -> type:
    """Of x as a model samples it: float32 for frames, else int32."""
    return np.float32 if self.is_audio else np.int32

  def begins(self, x, before):
    """Whether a note begins at each step x [N, *shape], given the one before.

    Of voices and bits only, where a step is one of the grid: bool [N].
    """
    new = x % 2 == 1 if self.kind == 'voices' else (x > 0) & (before == 0)
    return new.any(-1)

  def sounds(self, x):
    """Which pitches sound at each step x [N, *shape], the lowest kept first.

    Of voices and bits only, where a step is one of the grid: bool [N, pitches].
    """
    xp = x.__array_namespace__()
    if self.kind == 'voices':
      pitches = xp.arange(1, self.depth)
      return (x[:, :, None] // 2 == pitches).any(1)
    pitches = self.depth // self.planes
    planes = xp.reshape(x, (x.shape[0], self.planes, pitches))
    return (planes[:, self.sounding_planes] > 0).any(1)

  def steps_at(self, x) -> np.ndarray:
    """The step of the grid that each row of x [rows, *shape] comes at: int64."""
    if self.kind == 'compound':
      layout = compound_rows.Layout(self.steps_per_quarter)
      return compound_rows.steps_at(x, layout)
    if self.steps_per_token is None:
      return np.arange(len(x))
    x = np.asarray(x)
    known = (x >= 0) & (x < len(self.steps_per_token))
    shift = self.steps_per_token[np.where(known, x, 0)]
    return np.cumsum(shift * known) - shift * known

  def has_ended(self, x) -> np.ndarray:
    """Where a row of x [..., *shape] ends its piece: bool [...]."""
    if self.end_token is None:
      return np.zeros(x.shape[: x.ndim - len(self.shape)], bool)
    return (x[..., 0] if self.shape else x) == self.end_token

  def num_decisions(self, x) -> int:
    """Decisions in x [..., *shape]: a voice's cell, a roll's frame or a token."""
    return x[..., 0].size if self.kind in ('bits', 'frames') else x.size


def is_onset(symbol, bit, axis: int = 0):
  """Where notes of monophonic lines begin: the one rule of `voices` and `melody`.

  A note begins where the symbol differs from the step before, whatever
  the bit, and where the bit marks that the same pitch begins again. A rest (symbol
  0) that goes on never does; before the first step there is a rest.

  Args:
    symbol: integers [..., T, ...].
    bit: bool or 0 and 1, likewise.
    axis: of time, T.

  Returns:
    bool [..., T, ...]; of a change to a rest too, which ends the note before it.
  """
  xp = symbol.__array_namespace__()
  symbol, bit = xp.moveaxis(symbol, axis, 0), xp.moveaxis(bit, axis, 0)
  before = xp.concat([xp.zeros_like(symbol[:1]), symbol[:-1]], axis=0)
  begins = (symbol != before) | ((bit > 0) & (symbol > 0))
  return xp.moveaxis(begins, 0, axis)
