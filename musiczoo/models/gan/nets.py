"""Noise -> logits of a window: the generator. y -> a judgement: the critic.

And y -> what noise it may be of: the listener, who helps the generator to learn.
All are convolutions over time. The generator doubles its steps level by level
(Radford et al. 2016), the critic halves them. Conditions and given cells of each step
are inputs of the critic beside the music, and
the generator at each level, halved as often (the conditioner of Yang et al.
2017, "MidiNet").
"""

import functools

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.models.autoencoder import convolutions
from musiczoo.nn.conditioning import ConditionEmbedding, Conditioning
from musiczoo.nn.conv import Conv


class Block(nn.Module):
  """Convolution over time, norm over channels if asked for, leaky ReLU."""

  hidden: int
  width: int
  stride: int = 1
  norm: bool = False
  dtype: jnp.dtype = jnp.float32

  @nn.compact
  def __call__(self, h_BxTxH):
    taps = Conv(self.hidden, (self.width,), (self.stride,), self.dtype)
    h_BxTxH = taps(h_BxTxH)
    if self.norm:
      h_BxTxH = nn.LayerNorm(dtype=self.dtype)(h_BxTxH)
    return nn.leaky_relu(h_BxTxH, 0.2)


class Generator(nn.Module):
  """z [B, L] and conditions [B, T, E] -> float32 logits [B, T, D].

  Each level adds its own logits to those of the coarser ones (the output skips
  of Karras et al. 2020): what is held is said once, and sixteenths refine it.

  Attributes:
    steps: T of a window, a multiple of 2 ** levels.
    cells: D.
    levels: how often the steps are doubled.
    bias: of the logits at first.
    hidden: channels.
    conditions: of each step.
    remat: recompute each level in the backward pass.
  """

  steps: int
  cells: int
  levels: int
  bias: float
  hidden: int
  conditions: Conditioning
  dtype: jnp.dtype
  remat: bool

  @nn.compact
  def __call__(self, z_BxL, given_BxTxE=None, cond=None, keys_B=None):
    block = _blocks(self)
    more = nn.remat(convolutions.Block) if self.remat else convolutions.Block
    h_BxTxH = nn.Dense((self.steps >> self.levels) * self.hidden)(z_BxL)
    h_BxTxH = h_BxTxH.reshape(z_BxL.shape[0], -1, self.hidden)
    conditioned = []
    if e_BxTxE := _conditions(self, given_BxTxE, cond, keys_B):
      conditioned.append(block(1, name='told_0')(_join(e_BxTxE)))
      for level in range(self.levels):
        conditioned.append(
          block(4, 2, name=f'told_{level + 1}')(conditioned[-1])
        )
    logits_BxTxD = jnp.full((1, 1, self.cells), self.bias)
    for level in range(self.levels + 1):
      if level:
        # Each half is its own (Shi et al. 2016): hits on the beat are not off it.
        halves = nn.Dense(2 * self.hidden, dtype=self.dtype)(h_BxTxH)
        h_BxTxH = halves.reshape(halves.shape[0], -1, self.hidden)
        logits_BxTxD = jnp.repeat(logits_BxTxD, 2, axis=1)
      h_BxTxH += nn.Dense(self.hidden, dtype=self.dtype)(z_BxL)[:, None]
      if conditioned:
        h_BxTxH += nn.Dense(self.hidden, dtype=self.dtype)(conditioned.pop())
      h_BxTxH = more(self.hidden, self.dtype, name=f'Block_{level}')(h_BxTxH)
      u_BxTxH = nn.gelu(nn.LayerNorm()(h_BxTxH.astype(jnp.float32)))
      logits_BxTxD += nn.Dense(self.cells)(u_BxTxH)
    return logits_BxTxD


class Critic(nn.Module):
  """y [B, T, E] and conditions -> float32 judgement [B]: how real it is."""

  levels: int
  hidden: int
  conditions: Conditioning
  dtype: jnp.dtype
  remat: bool

  @nn.compact
  def __call__(self, y_BxTxE, given_BxTxE=None, cond=None, keys_B=None):
    block = _blocks(self)
    e_BxTxE = [y_BxTxE, *_conditions(self, given_BxTxE, cond, keys_B)]
    h_BxTxH = block(1, name='level_0')(_join(e_BxTxE))
    for level in range(self.levels):
      h_BxTxH = block(4, 2, name=f'level_{level + 1}')(h_BxTxH)
    h_BxH = h_BxTxH.reshape(len(h_BxTxH), -1)
    h_BxH = nn.leaky_relu(nn.Dense(self.hidden, dtype=self.dtype)(h_BxH), 0.2)
    return nn.Dense(1)(h_BxH.astype(jnp.float32))[:, 0]


class Listener(nn.Module):
  """y [B, T, E] and conditions -> mean and log sd of z: float32 2 x [B, L]."""

  latent: int
  hidden: int
  conditions: Conditioning
  dtype: jnp.dtype
  remat: bool

  @nn.compact
  def __call__(self, y_BxTxE, given_BxTxE=None, cond=None, keys_B=None):
    e_BxTxE = _join([y_BxTxE, *_conditions(self, given_BxTxE, cond, keys_B)])
    down = convolutions.Down(self.hidden, self.dtype, self.remat)
    h_BxH = down(e_BxTxE, None)
    said_Bx2L = nn.Dense(2 * self.latent)(h_BxH.astype(jnp.float32))
    return jnp.split(said_Bx2L, 2, axis=-1)


def _blocks(player):
  """Block of a player's channels; its parameters don't depend on remat."""
  block = nn.remat(Block) if player.remat else Block
  return functools.partial(block, player.hidden, dtype=player.dtype)


def _conditions(player, given_BxTxE, cond, keys_B):
  """The conditions of each step: a list of [B, T, E]."""
  conditioned = [] if given_BxTxE is None else [given_BxTxE]
  if player.conditions.columns:
    module = ConditionEmbedding(player.conditions, player.dtype, name='told')
    conditioned.append(module(cond, keys_B))
  return conditioned


def _join(features):
  return jnp.concatenate(features, axis=-1)
