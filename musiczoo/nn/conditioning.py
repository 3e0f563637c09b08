"""Conditions of each step walk in, as numbers; features for a net walk out."""

from typing import NamedTuple

from flax import linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.music import annotations


class Conditioning(NamedTuple):
  """What a model can be told beside the music.

  Attributes:
    columns: of a batch's `cond`: (place, number of values) of each; value 0
      says that nothing is known.
    features: that are made of them.
    forget: how often, in training, a row is not told a column, so that later
      a model may be told some and not others.
    ordered: places of columns whose values are in order, few to many.
  """

  columns: tuple[tuple[int, int], ...] = ()
  features: int = 0
  forget: float = 0.0
  ordered: tuple[int, ...] = (annotations.DENSITY,)


class ConditionEmbedding(nn.Module):
  """Features of each column's value, summed up.

  A value of a column in order adds to those below it (the thermometer code), so
  that one beyond all that training had is told as the last that it had.
  """

  conditions: Conditioning
  dtype: jnp.dtype = jnp.float32

  @nn.compact
  def __call__(self, cond_BxTxC, keys_B=None):
    """-> [B, T, F]. One PRNG key per row forgets columns; None forgets none."""
    columns, features, forget, ordered = self.conditions
    places, sizes = np.array(columns).T
    cond_BxTxC = cond_BxTxC[..., places].astype(jnp.int32)
    if keys_B is not None and forget:
      def draw(key):
        key = jax.random.fold_in(key, 1 << 16)  # Apart from the net's own.
        return jax.random.bernoulli(key, 1 - forget, (1, len(places)))

      cond_BxTxC *= jax.vmap(draw)(keys_B)
    cond_BxTxC = jnp.clip(cond_BxTxC, 0, sizes - 1)
    rises = np.isin(places, ordered)
    told = 0
    if not rises.all():
      # One table for all, so that one look-up does.
      begin = np.cumsum(sizes * ~rises) - sizes
      table = nn.Embed(
          int(sizes[~rises].sum()), features, self.dtype, name='table'
      )
      told = table((cond_BxTxC + begin)[..., ~rises]).sum(-2)
    for i in np.flatnonzero(rises):
      steps = self.param(
          f'rises_{places[i]}', nn.initializers.zeros, (sizes[i], features)
      )
      told += jnp.cumsum(steps, axis=0).astype(self.dtype)[cond_BxTxC[..., i]]
    return told
