"""Head of one categorical token per step."""

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.errors import Units
from musiczoo.nn.heads.controls import Controls
from musiczoo.nn.heads.distributions import draw, log_categorical, logits_layer


class Categorical(nn.Module):
  """A categorical distribution over `depth` tokens: x [...].

  Attributes:
    depth: size of the vocabulary.
    features: of each token's embedding, the net's input.
  """

  depth: int
  features: Units
  dtype: jnp.dtype = jnp.float32

  kind = 'tokens'
  controls = ('temperature', 'top_k', 'top_p', 'min_p')

  def setup(self):
    self.embedding = nn.Embed(self.depth, self.features, self.dtype)
    self.output = logits_layer(self.depth, self.dtype)

  def embed(self, x_x):
    return self.embedding(x_x)

  def log_prob(self, h_xH, x_x, prev_x, keys_B=None):
    del prev_x, keys_B
    return {'token': log_categorical(self._logits(h_xH), x_x)}

  def logits(self, h_xH, x_x, prev_x):
    del x_x, prev_x
    return {'token': self._logits(h_xH)}

  def sample(self, h_BxH, prev_B, keys_B, controls: Controls):
    del prev_B
    return draw(self._logits(h_BxH), keys_B, controls)

  def _logits(self, h_xH):
    return self.output(h_xH)


class WithLogits(Categorical):
  """A Categorical to whose logits the last `depth` units of h are added."""

  @classmethod
  def of(cls, head: Categorical) -> 'WithLogits':
    """With the sizes of another."""
    return cls(head.depth, head.features, head.dtype)

  def _logits(self, h_xH):
    h_xH, more_xD = h_xH[..., : -self.depth], h_xH[..., -self.depth :]
    return self.output(h_xH) + more_xD
