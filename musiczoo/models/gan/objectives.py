"""Losses of critic and generator, by name, and the penalties of the critic."""

from collections.abc import Callable
from typing import NamedTuple

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.nn.keys import noise


class Objective(NamedTuple):
  """Losses of both nets from critic scores [B]: high is real.

  Attributes:
    critic: (of real windows, of new ones) -> [B].
    generator: (of new ones) -> [B].
  """

  critic: Callable
  generator: Callable


OBJECTIVES = {
  # Arjovsky et al. 2017; it needs the penalty of Gulrajani et al. 2017.
  'wgan_gp': Objective(
    critic=lambda real, new: new - real,
    generator=lambda new: -new,
  ),
  # Lim and Ye 2017.
  'hinge': Objective(
    critic=lambda real, new: nn.relu(1 - real) + nn.relu(1 + new),
    generator=lambda new: -new,
  ),
  # Goodfellow et al. 2014.
  'non_saturating': Objective(
    critic=lambda real, new: nn.softplus(-real) + nn.softplus(new),
    generator=lambda new: nn.softplus(-new),
  ),
}


def critic_loss(options, score, real, new, mix_keys):
  """The loss of the critic with its gradient penalties.

  Args:
    options: GanOptions.
    score: windows [B, T, D] -> scores [B] of the critic.
    real: real windows.
    new: generated windows, without a gradient.
    mix_keys: [B], for the points between the two at which `penalty` applies.

  Returns:
    (loss [B], the figures that it consists of).
  """

  def squared_grad_norm(y_BxTxD):
    # Rows are independent: a gradient of the sum is one of each.
    grad = jax.grad(lambda y: score(y).sum())(y_BxTxD)
    return (grad**2).sum((1, 2))

  parts = {'critic_score_real': score(real), 'critic_score_new': score(new)}
  loss = OBJECTIVES[options.objective].critic(*parts.values())
  if options.penalty:
    u_Bx1x1 = noise(jax.random.uniform, mix_keys, (1, 1))
    between = jax.lax.stop_gradient(u_Bx1x1 * real + (1 - u_Bx1x1) * new)
    # A root has no derivative at 0.
    norm = jnp.sqrt(squared_grad_norm(between) + 1e-12)
    loss += options.penalty * (norm - 1) ** 2
    parts['critic_grad_norm'] = norm
  if options.r1:
    squared = squared_grad_norm(real)
    loss += options.r1 / 2 * squared
    parts['critic_grad_norm_real'] = jnp.sqrt(jax.lax.stop_gradient(squared))
  return loss, parts
