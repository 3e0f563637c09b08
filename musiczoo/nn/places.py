"""PlaceTable: what is learned of each place in a form.

Shapes: [..., C], condition columns.
"""

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.music.annotations import (
  BAR,
  MAX_BAR_STEPS,
  MAX_METER,
  METER,
  POSITION,
)

# Adam moves a parameter by no more than the learning rate, and a place is seen once
# in a piece: without a scale a table is hardly learned.
SCALE = 3.0


class PlaceTable(nn.Module):
  """Learned values of each place in a form of so many bars; at first 0.

  A place is a meter, a bar and a position in it; the form begins again after
  `bars`.
  """

  bars: int
  features: int

  @nn.compact
  def __call__(self, cond_xC):
    """-> [..., features], float32."""
    num = (MAX_METER + 1) * self.bars * (MAX_BAR_STEPS + 1)
    zeros = nn.initializers.zeros
    table = nn.Embed(num, self.features, embedding_init=zeros, name='table')
    return SCALE * table(place(cond_xC, self.bars))


def place(cond_xC, bars: int):
  """The number of the place of each step: [...]."""
  cond_xC = cond_xC.astype(jnp.int32)
  row_x = cond_xC[..., METER] * bars + (cond_xC[..., BAR] - 1) % bars
  return row_x * (MAX_BAR_STEPS + 1) + cond_xC[..., POSITION]
