"""A model and the pieces of a split -> nats, by the published protocols."""

import numpy as np

from musiczoo import data, parallel
from musiczoo.models import Model
from musiczoo.parallel import Parallel
from musiczoo.representations import Representation
from musiczoo.train import make_evaluate_step

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

  Pieces are scored whole, and every step weighs the same; in `..._by_piece`
  every piece does. `nll_per_frame` of a piano-roll is over all frames
  (Boulanger-Lewandowski et al. 2012), `nll_per_frame_tcn` over frames 2..T (Bai
  et al. 2018). `nll_per_note` of voices is the total over voices x steps. Where
  the model's likelihood has parts, each stands beside the whole.

  Args:
    params: replicated by `devices`.
  """
  evaluate = devices.compile(make_evaluate_step(model, axis=parallel.AXIS))
  unit = UNITS[representation.kind]
  per_step = representation.shape[0] if unit == 'note' else 1

  def scored(params, first):
    """Nats by part and number of units, [pieces], from step `first` on."""
    parts, units = {}, []
    for batch in data.whole_pieces(
        pieces, batch_size, multiple=devices.devices
    ):
      real = batch.pop('piece') >= 0
      batch['mask'][:, :first] = 0
      sums, weight = devices.fetch(evaluate(params, batch))
      units.append(weight[real] * per_step)
      for name, value in sums.items():
        parts.setdefault(name, []).append(value[real])
    parts = {k: np.concatenate(v).astype(np.float64) for k, v in parts.items()}
    return parts, np.concatenate(units).astype(np.float64)

  def likelihood(params) -> dict[str, float]:
    parts, units = scored(params, 0)
    nats = parts.pop('loss')
    result = {f'nll_per_{unit}': nats.sum() / units.sum()}
    if len(parts) > 1:
      for name, value in parts.items():
        name = f'nll_per_{unit}_{name.removeprefix("nll_")}'
        result[name] = value.sum() / units.sum()
    result[f'nll_per_{unit}_by_piece'] = (nats / units).mean()
    if unit == 'frame':
      parts, units = scored(params, 1)
      nats, units = parts['loss'][units > 0], units[units > 0]
      if len(units):  # There are pieces of more than one frame.
        result['nll_per_frame_tcn'] = nats.sum() / units.sum()
        result['nll_per_frame_tcn_by_piece'] = (nats / units).mean()
    return {name: float(value) for name, value in result.items()}

  return likelihood
