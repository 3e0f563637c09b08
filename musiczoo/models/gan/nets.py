"""Generator, critic and encoder of windows: convolutions over time.

The generator doubles its steps level by level (Radford et al. 2016), the critic
halves them. Conditions and given cells of each step are inputs of critic and
encoder beside the music, and of the generator at each level, halved as often
(the conditioner of Yang et al. 2017, "MidiNet").
"""

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.models.autoencoder.convolutions import ConvEncoder, ResidualBlock
from musiczoo.nn.conditioning import ConditionEmbedding, Conditioning
from musiczoo.nn.conv import Conv


class Block(nn.Module):
  """Convolution over time, then leaky ReLU."""

  hidden: int
  width: int
  stride: int = 1
  dtype: jnp.dtype = jnp.float32

  @nn.compact
  def __call__(self, h_BxTxH):
    conv = Conv(self.hidden, (self.width,), (self.stride,), dtype=self.dtype)
    return nn.leaky_relu(conv(h_BxTxH), 0.2)


class _Net(nn.Module):
  """What the nets share.

  Attributes:
    hidden: channels.
    conditioning: condition columns of each step.
    dtype: of the convolutions.
    remat: recompute each level in the backward pass.
  """

  hidden: int
  conditioning: Conditioning
  dtype: jnp.dtype
  remat: bool

  def _dense(self, units):
    return nn.Dense(units, dtype=self.dtype)

  def _block(self, *options, name):
    """A Block; its parameters don't depend on remat."""
    block = nn.remat(Block) if self.remat else Block
    return block(self.hidden, *options, dtype=self.dtype, name=name)

  def _conditions(self, given_BxTxE, cond, keys_B):
    """The conditions of each step: a list of [B, T, E]."""
    conditions = [] if given_BxTxE is None else [given_BxTxE]
    if self.conditioning.columns:
      embed = ConditionEmbedding(
        self.conditioning, self.dtype, name='conditions'
      )
      conditions.append(embed(cond, keys_B))
    return conditions


class Generator(_Net):
  """z [B, L] and conditions [B, T, E] -> float32 logits [B, T, D].

  Each level adds its own logits to those of the coarser ones (the output skips
  of Karras et al. 2020), so that a held note is decided once and finer levels
  refine it.

  Attributes:
    steps: T of a window, a multiple of 2 ** num_levels.
    cells: D.
    num_levels: how often the steps are doubled.
    bias: of the logits at first.
  """

  steps: int
  cells: int
  num_levels: int
  bias: float

  @nn.compact
  def __call__(self, z_BxL, given_BxTxE=None, cond=None, keys_B=None):
    block = nn.remat(ResidualBlock) if self.remat else ResidualBlock
    h_BxTxH = nn.Dense((self.steps >> self.num_levels) * self.hidden)(z_BxL)
    h_BxTxH = h_BxTxH.reshape(z_BxL.shape[0], -1, self.hidden)
    conditions = []
    if e_BxTxE := self._conditions(given_BxTxE, cond, keys_B):
      conditions.append(self._block(1, name='conditions_0')(_join(e_BxTxE)))
      for level in range(1, self.num_levels + 1):
        halve = self._block(4, 2, name=f'conditions_{level}')
        conditions.append(halve(conditions[-1]))
    logits_BxTxD = jnp.full((1, 1, self.cells), self.bias)
    for level in range(self.num_levels + 1):
      if level:
        # Each half has its own weights (Shi et al. 2016): onsets on the beat
        # differ from those off it.
        halves = self._dense(2 * self.hidden)(h_BxTxH)
        h_BxTxH = halves.reshape(halves.shape[0], -1, self.hidden)
        logits_BxTxD = jnp.repeat(logits_BxTxD, 2, axis=1)
      h_BxTxH += self._dense(self.hidden)(z_BxL)[:, None]
      if conditions:
        h_BxTxH += self._dense(self.hidden)(conditions.pop())
      h_BxTxH = block(self.hidden, self.dtype, name=f'Block_{level}')(h_BxTxH)
      u_BxTxH = nn.gelu(nn.LayerNorm()(h_BxTxH.astype(jnp.float32)))
      logits_BxTxD += nn.Dense(self.cells)(u_BxTxH)
    return logits_BxTxD


class Critic(_Net):
  """y [B, T, E] and conditions -> float32 score [B]: high is real.

  Attributes:
    num_levels: how often the steps are halved.
  """

  num_levels: int

  @nn.compact
  def __call__(self, y_BxTxE, given_BxTxE=None, cond=None, keys_B=None):
    e_BxTxE = [y_BxTxE, *self._conditions(given_BxTxE, cond, keys_B)]
    h_BxTxH = self._block(1, name='level_0')(_join(e_BxTxE))
    for level in range(1, self.num_levels + 1):
      h_BxTxH = self._block(4, 2, name=f'level_{level}')(h_BxTxH)
    h_BxH = h_BxTxH.reshape(len(h_BxTxH), -1)
    h_BxH = nn.leaky_relu(self._dense(self.hidden)(h_BxH), 0.2)
    return nn.Dense(1)(h_BxH.astype(jnp.float32))[:, 0]


class Encoder(_Net):
  """y [B, T, E] and conditions -> mean and log sd of z: float32 2 x [B, L].

  Attributes:
    latent: L.
  """

  latent: int

  @nn.compact
  def __call__(self, y_BxTxE, given_BxTxE=None, cond=None, keys_B=None):
    e_BxTxE = [y_BxTxE, *self._conditions(given_BxTxE, cond, keys_B)]
    encode = ConvEncoder(self.hidden, self.dtype, self.remat)
    h_BxH = encode(_join(e_BxTxE), None)
    z_Bx2L = nn.Dense(2 * self.latent)(h_BxH.astype(jnp.float32))
    return jnp.split(z_Bx2L, 2, axis=-1)


def _join(features):
  return jnp.concatenate(features, axis=-1)
