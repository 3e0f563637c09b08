"""A model without a memory: how often each thing comes, whatever came before."""

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.models.autoregressive import autoregressive
from musiczoo.models.model import Model
from musiczoo.music.spec import Spec


class ConstantNet(nn.Module):
  """A net that hears nothing: what the head says is the same at every step."""

  def __call__(self, e_BxTxE, *, keys=None):
    del keys
    return jnp.zeros((*e_BxTxE.shape[:2], 1)), ()

  def start(self, num: int):
    del num
    return ()

  def step(self, carry, e_BxE):
    return carry, jnp.zeros((e_BxE.shape[0], 1))


def unigram(spec: Spec, head: nn.Module) -> Model:
  """The baseline that any model with a memory should beat."""
  return autoregressive(ConstantNet(), head, spec)
