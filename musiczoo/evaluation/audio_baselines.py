"""Baseline errors of models of audio: mean, last frame and PCA."""

import numpy as np

from musiczoo.build import Pipeline
from musiczoo.data.pieces import cut, pack, Pieces
from musiczoo.evaluation import baselines
from musiczoo.models.model import LatentModel
from musiczoo.sampling import latents

MAX_WINDOWS = 8192  # To fit the principal components, evenly spread.


def audio_baselines(
  pipeline: Pipeline, params, train: Pieces, pieces: Pieces
) -> dict[str, float]:
  """Errors of simpler predictions of the same pieces, in the same units.

  `mse_per_frame_mean` predicts the mean of all training frames. A model that
  predicts frame by frame is compared with the frame before; a model with a
  latent space with as many principal components of windows as a latent has
  numbers.
  """
  model = pipeline.model
  if not model.monitor:  # A model judged by its samples has no error.
    return {}
  square = sum(float((np.asarray(x) ** 2).sum()) for x in pieces.x)
  found = {
    'mse_per_frame_mean': square / (pieces.offsets[-1] * pipeline.spec.depth)
  }
  if model.window is None:
    return found | baselines.repeat_last(train.x, pieces.x)
  if isinstance(model, LatentModel):
    windows = cut(pieces, model.window).x
    fitted_on = _windows(train, model.window)
    one = pack(fitted_on[:1])
    size = latents.encode_windows(pipeline, params, one).shape[1]
    found['mse_per_frame_pca'] = baselines.pca(fitted_on, windows, size)
  return found


def _windows(pieces, window):
  """Windows from any frame on, evenly spread over all pieces."""
  ends = np.cumsum(np.maximum(np.diff(pieces.offsets) - window + 1, 0))
  index = np.linspace(0, ends[-1] - 1, min(MAX_WINDOWS, ends[-1])).astype(int)
  piece = np.searchsorted(ends, index, side='right')
  begins = index - (ends - np.diff(ends, prepend=0))[piece]
  return [
    np.asarray(pieces.x[i][b : b + window]) for i, b in zip(piece, begins)
  ]
