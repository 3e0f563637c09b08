"""Chunks of an axis, computed one after another, to save memory."""

from collections.abc import Callable

from flax import linen as nn
import jax
import jax.numpy as jnp


def in_chunks(apply: Callable, module: nn.Module, arrays: tuple, size: int):
  """apply(module, *arrays), of at most `size` places of axis 1 at a time.

  Args:
    apply: of each place alone: it gives a tree of arrays [B, T, ...].
    module: has the parameters of `apply`, which are the same for all chunks.
    arrays: each [B, T, ...].
    size: of a chunk. A symbolic number of places, as in an export, is one chunk.
  """
  total = arrays[0].shape[1]
  if not isinstance(total, int) or total <= size:
    return apply(module, *arrays)

  def cut(a_BxT):
    pads = [(0, 0), (0, -total % size)] + [(0, 0)] * (a_BxT.ndim - 2)
    return _split(jnp.pad(a_BxT, pads), size)

  scan = nn.scan(
    lambda module, carry, chunk: (carry, apply(module, *chunk)),
    variable_broadcast='params',
    split_rngs={'params': False},
    in_axes=1,
    out_axes=1,
  )
  _, found = scan(module, (), jax.tree.map(cut, arrays))
  return jax.tree.map(lambda a: _join(a)[:, :total], found)


def _split(a_BxT, size):
  return a_BxT.reshape(a_BxT.shape[0], -1, size, *a_BxT.shape[2:])


def _join(a_BxNxS):
  return a_BxNxS.reshape(a_BxNxS.shape[0], -1, *a_BxNxS.shape[3:])
