"""Embedding of condition columns, such as key, chord and density, per step."""

from typing import NamedTuple

from flax import linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.music import annotations


class Conditioning(NamedTuple):
  """The condition columns of a model, and how they are embedded.

  Attributes:
    columns: of a batch's `cond`: (place, number of values) of each; value 0
      is unknown.
    features: size of the embedding.
    forget: rate at which a column of a row is set to unknown in training, so
      that a model can be sampled given only some of the columns.
    ordered: places of columns whose values are ordered, from few to many.
  """

  columns: tuple[tuple[int, int], ...] = ()
  features: int = 0
  forget: float = 0.0
  ordered: tuple[int, ...] = (annotations.DENSITY,)


class ConditionEmbedding(nn.Module):
  """The sum of an embedding of each column's value.

  A value of an ordered column adds to those below it (thermometer code), so that
  a value above all of the training data is embedded like the highest of them.
  """

  conditions: Conditioning
  dtype: jnp.dtype = jnp.float32

  @nn.compact
  def __call__(self, cond_BxTxC, keys_B=None):
    """-> [B, T, F]. One PRNG key per row turns dropout of columns on."""
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
      # One table for all columns, and so one look-up.
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
