"""musiczoo: a JAX, accelerator-first model zoo for music generation.

import musiczoo
model = musiczoo.load('lstm-chorales')
model.write('out', num_outputs=4)
"""

import os
import typing

if typing.TYPE_CHECKING:
  from musiczoo.trained_model import TrainedModel

__version__ = '0.2.0'


def models() -> tuple[str, ...]:
  """The names of the pretrained models."""
  from musiczoo.runs import shipped

  return tuple(shipped.names())


def load(place: str | os.PathLike) -> 'TrainedModel':
  """A pretrained model by its name, or the best of a workdir.

  Raises:
    UserError: there is neither.
  """
  from musiczoo import trained_model  # And with it jax, which takes its time.

  return trained_model.load(place)
