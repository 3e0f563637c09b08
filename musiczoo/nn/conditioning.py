"""Embedding of the condition columns of each step."""

from typing import NamedTuple

from flax import linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.music import annotations


class Conditioning(NamedTuple):
  """The condition columns of a model.

  Attributes:
    columns: (index in a batch's `cond`, number of values) of each column; value
      0 stands for unknown.
    features: size of the embedding.
    forget: probability, in training, of setting a column of a row to 0, so that
      any subset of the columns can be given when sampling.
    ordered: indices of the columns whose values are ordinal.
  """

  columns: tuple[tuple[int, int], ...] = ()
  features: int = 0
  forget: float = 0.0
  ordered: tuple[int, ...] = (annotations.DENSITY,)


class ConditionEmbedding(nn.Module):
  """The sum of the embeddings of all columns.

  An ordinal value is the sum of its own step and all lower steps (thermometer
  code), so that a value above the training range equals the highest seen.
  """

  conditions: Conditioning
  dtype: jnp.dtype = jnp.float32

  @nn.compact
  def __call__(self, cond_BxTxC, keys_B=None):
    """-> [B, T, F]. keys_B: one PRNG key per row drops columns; None: no drop."""
    columns, features, forget, ordered = self.conditions
    places, sizes = np.array(columns).T
    cond_BxTxC = cond_BxTxC[..., places].astype(jnp.int32)
    if keys_B is not None and forget:

      def draw(key):
        key = jax.random.fold_in(key, 1 << 16)  # Distinct from the net's.
        return jax.random.bernoulli(key, 1 - forget, (1, len(places)))

      cond_BxTxC *= jax.vmap(draw)(keys_B)
    cond_BxTxC = jnp.clip(cond_BxTxC, 0, sizes - 1)
    is_ordinal = np.isin(places, ordered)
    embedding = 0
    if not is_ordinal.all():
      # One table for all columns: a single lookup.
      begin = np.cumsum(sizes * ~is_ordinal) - sizes
      table = nn.Embed(
        int(sizes[~is_ordinal].sum()), features, self.dtype, name='table'
      )
      embedding = table((cond_BxTxC + begin)[..., ~is_ordinal]).sum(-2)
    for i in np.flatnonzero(is_ordinal):
      steps = self.param(
        f'rises_{places[i]}', nn.initializers.zeros, (sizes[i], features)
      )
      embedding += jnp.cumsum(steps, axis=0).astype(self.dtype)[
        cond_BxTxC[..., i]
      ]
    return embedding
