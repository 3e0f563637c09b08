"""A model and the pieces of a split -> nats, by the published protocols."""

import numpy as np

from musiczoo import data
from musiczoo.models import Model
from musiczoo.parallel import Parallel
from musiczoo.representations import Representation
from musiczoo.train import make_evaluate_step
from musiczoo import parallel

# What one weighs: a voice's step, a roll's frame, an event. The step of a
# representation is its frame or token, or as many notes as it has voices.
UNITS = {'voices': 'note', 'bits': 'frame', 'tokens': 'token'}


def monitored(representation: Representation) -> str:
  """The name of the figure that says which of two checkpoints is better."""
  return f'nll_per_{UNITS[representation.kind]}'


def make_likelihood(
    devices: Parallel,
    model: Model,
    representation: Representation,
    pieces: data.Pieces,
    batch_size: int,
):
  """Returns likelihood(params) -> dict of nats, lower is better.

  Pieces are scored whole, and every step weighs the same. `nll_per_frame` of a
  piano-roll is over all frames (Boulanger-Lewandowski et al. 2012),
  `nll_per_frame_tcn` over frames 2..T (Bai et al. 2018). `nll_per_note` of
  voices is the total over voices x steps. Where the model's likelihood has
  parts, each stands beside the whole.

  Args:
    params: replicated by `devices`.
  """
  evaluate = devices.compile(make_evaluate_step(model, axis=parallel.AXIS))
  batch_size = -(-batch_size // devices.devices) * devices.devices
  unit = UNITS[representation.kind]
  per_step = representation.shape[0] if unit == 'note' else 1

  def total(params, first):
    """Sums and weight over the split, from step number `first` on."""
    sums, steps = {}, 0.0
    for batch in data.whole_pieces(pieces, batch_size):
      del batch['piece']
      batch['mask'][:, :first] = 0
      parts, weight = devices.fetch(evaluate(params, batch))
      for name, value in parts.items():
        sums[name] = sums.get(name, 0.0) + float(value)
      steps += float(weight)
    return {k: v / (steps * per_step) for k, v in sums.items()}

  def likelihood(params) -> dict[str, float]:
    parts = total(params, 0)
    loss = parts.pop('loss')
    result = {f'nll_per_{unit}': loss}
    if len(parts) > 1:
      for name, value in parts.items():
        result[f'nll_per_{unit}_{name.removeprefix("nll_")}'] = value
    if unit == 'frame':
      result['nll_per_frame_tcn'] = total(params, 1)['loss']
    return result

  return likelihood
