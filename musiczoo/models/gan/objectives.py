"""Losses of critic and generator, by name."""

from collections.abc import Callable
from typing import NamedTuple

from flax import linen as nn


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
