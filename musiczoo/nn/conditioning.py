"""Embedding of the condition columns of each step."""

from typing import NamedTuple

from flax import linen as nn
import jax.numpy as jnp
import numpy as np

from musiczoo.music import annotations
from musiczoo.nn.dropout import kept

_MASK = 1 << 16  # Masks of lower numbers are those of a net's layers.
_FORM = [list(annotations.COLUMNS).index(name) for name in annotations.FORM]


class Conditioning(NamedTuple):
  """The condition columns of a model.

  Attributes:
    columns: (index in a batch's `cond`, number of values) of each column; value
      0 stands for unknown.
    embed_dim: size of the embedding.
    dropout: probability, in training, of setting a column of a row to 0, so
      that any subset of the columns can be given when sampling. Metre and
      length are always given.
    ordinal: indices of the columns whose values are ordinal.
  """

  columns: tuple[tuple[int, int], ...] = ()
  embed_dim: int = 0
  dropout: float = 0.0
  ordinal: tuple[int, ...] = (annotations.DENSITY,)


class ConditionEmbedding(nn.Module):
  """The sum of the embeddings of all columns.

  An ordinal value is the sum of its own step and all lower steps (thermometer
  code), so that a value above the training range equals the highest seen.
  """

  conditioning: Conditioning
  dtype: jnp.dtype = jnp.float32

  def kept(self, cond_BxTxC, keys_B):
    """The conditions, of each row without the columns that are dropped."""
    columns, _, dropout, _ = self.conditioning
    if keys_B is None or not dropout:
      return cond_BxTxC
    places = np.array(columns)[:, 0]
    is_kept_Bx1xN = kept(keys_B, _MASK, dropout, (1, len(places)))
    is_kept_Bx1xN = jnp.where(np.isin(places, _FORM), 1, is_kept_Bx1xN)
    all_Bx1xC = jnp.ones((len(cond_BxTxC), 1, cond_BxTxC.shape[-1]), jnp.int32)
    return cond_BxTxC * all_Bx1xC.at[..., places].set(is_kept_Bx1xN)

  @nn.compact
  def __call__(self, cond_BxTxC, keys_B=None):
    """-> [B, T, F]. keys_B: one PRNG key per row drops columns; None: no drop."""
    cond_BxTxC = self.kept(cond_BxTxC, keys_B)
    columns, embed_dim, _, ordinal = self.conditioning
    places, sizes = np.array(columns).T
    cond_BxTxC = cond_BxTxC[..., places].astype(jnp.int32)
    cond_BxTxC = jnp.clip(cond_BxTxC, 0, sizes - 1)
    is_ordinal = np.isin(places, ordinal)
    embedding = 0
    if not is_ordinal.all():
      # One table for all columns: a single lookup.
      begin = np.cumsum(sizes * ~is_ordinal) - sizes
      num = int(sizes[~is_ordinal].sum())
      table = nn.Embed(num, embed_dim, self.dtype, name='table')
      embedding = table((cond_BxTxC + begin)[..., ~is_ordinal]).sum(-2)
    for i in np.flatnonzero(is_ordinal):
      name, shape = f'steps_{places[i]}', (sizes[i], embed_dim)
      steps = self.param(name, nn.initializers.zeros, shape)
      table = jnp.cumsum(steps, axis=0).astype(self.dtype)
      embedding += table[cond_BxTxC[..., i]]
    return embedding
