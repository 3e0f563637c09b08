"""Unigram: the frequencies of single steps, without context."""

import dataclasses

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.models.autoregressive import autoregressive
from musiczoo.models.model import Model
from musiczoo.music.spec import Spec


class ConstantNet(nn.Module):
  """A net with the same output for all inputs: zeros, [B, T, 1]."""

  def __call__(self, e_BxTxE, *, keys=None):
    del keys
    return jnp.zeros((*e_BxTxE.shape[:2], 1)), ()

  def start(self, num: int):
    del num
    return ()

  def rows(self, carry, index):
    del index
    return carry

  def step(self, carry, e_BxE):
    return carry, jnp.zeros((e_BxE.shape[0], 1))


@dataclasses.dataclass(frozen=True)
class UnigramOptions:
  """Unigram has no options."""


def unigram(spec: Spec, head: nn.Module, options: UnigramOptions) -> Model:
  """The distribution of a step whatever came before: a baseline."""
  del options
  return autoregressive(ConstantNet(), head, spec)
