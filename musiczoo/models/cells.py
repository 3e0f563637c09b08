"""Cells of voices, `2 * symbol + is_onset`: what notes they make."""

import jax.numpy as jnp

from musiczoo.music.spec import is_onset
from musiczoo.nn.shift import delay


def canonical(x_BxTxV, known=None, onsets: bool = True):
  """Cells whose bit is set where a note begins, and nowhere else.

  Args:
    x_BxTxV: cells of which the bits may be anything.
    known: which cells are known, bool as x; None: all.
    onsets: False ignores the bits of x: notes begin where the symbol changes.
  """
  symbol = x_BxTxV // 2
  begins = changed(symbol, known)
  if onsets:
    begins |= x_BxTxV % 2 == 1
  return 2 * symbol + (begins & (symbol > 0))


def changed(symbol_BxTxV, known=None):
  """Where a symbol differs from a known one before it; first there are rests."""
  changes = is_onset(symbol_BxTxV, 0 * symbol_BxTxV, axis=1)
  return changes if known is None else changes & ~delay(~known)


def fits(x_BxTxV, known_BxTxV, depth: int, onsets: bool = True):
  """Which symbols leave a known next cell as it is: bool [B, T, V, depth].

  One that holds its note needs the same symbol before it; where repeated notes
  are not distinguished, one that begins its note needs another.
  """
  ahead = [(0, 0), (0, 1), (0, 0)]
  next_BxTxV = jnp.pad(x_BxTxV, ahead)[:, 1:]
  sounds = jnp.pad(known_BxTxV, ahead)[:, 1:] & (next_BxTxV > 1)
  same = jnp.arange(depth) == next_BxTxV[..., None] // 2
  begins = next_BxTxV[..., None] % 2 == 1
  return ~sounds[..., None] | jnp.where(begins, onsets | ~same, same)
