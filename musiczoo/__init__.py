"""musiczoo: a JAX, accelerator-first model zoo for music generation.

import musiczoo
model = musiczoo.load('lstm-chorales')
model.write('out', num_outputs=4)
"""

__version__ = '0.2.0'


def load(place):
  """A pretrained model by its name, or the best of a workdir: a `Trained`."""
  from musiczoo import trained_model  # And with it jax, which takes its time.

  return trained_model.load(place)
