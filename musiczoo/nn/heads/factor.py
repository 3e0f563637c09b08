"""Factor: the logits of one attribute, and logits relative to what came before.

Shapes: B pieces, S rows, H outputs of the net, K places that are pointed at.
"""

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.nn.compound_embedding import Embeddings
from musiczoo.nn.heads.distributions import logits_layer

REACH = 48  # Semitones up and down that a pitch is predicted relative to.


class Factor(nn.Module):
  """Logits of one attribute: a hidden layer of h and of the attributes before it.

  Attributes:
    size: values of the attribute.
    hidden: units of the layer.
  """

  size: int
  hidden: int
  dtype: jnp.dtype = jnp.float32

  @nn.compact
  def __call__(self, h_BxSxH, mask_BxK=None, numbers=None, **given):
    """Logits [B, S, size] and the hidden layer [B, S, hidden].

    Args:
      mask_BxK: of dropout of the layer, or None.
      numbers: float [B, S, N], beside h.
      **given: (size, index [B, S]) of each attribute that is embedded.
    """
    dense = nn.Dense(self.hidden, dtype=self.dtype, name='context')
    if numbers is not None:
      h_BxSxH = jnp.concatenate([h_BxSxH, numbers.astype(h_BxSxH.dtype)], -1)
    total = dense(h_BxSxH)
    if given:
      embeddings = Embeddings(self.hidden, name='given')(**given)
      total += embeddings.astype(self.dtype)
    z = nn.relu(total)
    if mask_BxK is not None:
      z *= mask_BxK[:, None]
    return logits_layer(self.size, self.dtype, name='logits')(z), z


def pointed(gates_BxSxK, index_BxSxK, size):
  """Logits [B, S, size] with each gate at its index, if that is below size."""
  each = jax.nn.one_hot(index_BxSxK, size)
  return jnp.einsum('bsk,bskd->bsd', gates_BxSxK, each)


def above(degrees, root, is_some):
  """Logits of pitch classes [B, S, 12] from those by semitones above a root."""
  index = (jnp.arange(12) - root[..., None]) % 12
  found = jnp.take_along_axis(degrees, index, axis=-1)
  return jnp.where(is_some[..., None], found, 0)


def around(relative, centre):
  """Logits of pitches [B, S, 128] from those relative to a pitch; -1: zeros."""
  index = jnp.arange(128) - centre[..., None] + REACH
  is_near = (index >= 0) & (index <= 2 * REACH)
  is_near &= ((centre >= 0) & (centre < 128))[..., None]
  found = jnp.take_along_axis(relative, jnp.clip(index, 0, 2 * REACH), axis=-1)
  return jnp.where(is_near, found, 0)
