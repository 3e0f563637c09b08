"""A model of sound: what any should beat, what it hears, and what it writes."""

from collections.abc import Mapping
import pathlib

import numpy as np

from musiczoo.build import Pipeline
from musiczoo.data import batches
from musiczoo.evaluation import baselines
from musiczoo.models.model import LatentModel
from musiczoo.music import audio
from musiczoo.music.audio import Sound
from musiczoo.sampling import latents
from musiczoo.show.plots import spectrogram

# Training windows that principal components are found of, evenly spread.
MOST = 8192


def floors_of(
    pipeline: Pipeline, params, train: batches.Pieces, pieces: batches.Pieces
) -> dict[str, float]:
  """Errors of what knows less, on the same pieces and in the same units.

  `mse_per_frame_mean` is that of the mean of all training frames. Beside models
  that write frame after frame stands the frame before; beside those with codes
  the principal components of windows, as many numbers as a code has.
  """
  model = pipeline.model
  if not model.monitor:  # What only samples can be judged by has no error.
    return {}
  square = sum(float((np.asarray(x) ** 2).sum()) for x in pieces.x)
  numbers = pieces.offsets[-1] * pipeline.representation.spec.depth
  found = {'mse_per_frame_mean': square / numbers}
  if model.window is None:
    return found | baselines.repeat_last(train.x, pieces.x)
  if isinstance(model, LatentModel):
    windows = batches.cut(pieces, model.window).x
    own = _windows(train, model.window)
    size = latents.codes(pipeline, params, batches.pack(own[:1])).shape[1]
    found['mse_per_frame_pca'] = baselines.pca(own, windows, size)
  return found


def _windows(pieces, window):
  """Windows that begin with any frame, evenly spread over all pieces."""
  ends = np.cumsum(np.maximum(np.diff(pieces.offsets) - window + 1, 0))
  chosen = np.linspace(0, ends[-1] - 1, min(MOST, ends[-1])).astype(int)
  which = np.searchsorted(ends, chosen, side='right')
  begins = chosen - (ends - np.diff(ends, prepend=0))[which]
  return [
      np.asarray(pieces.x[i][b : b + window]) for i, b in zip(which, begins)
  ]


def write(
    sounds: list[Sound],
    folder,
    *,
    title: str,
    beside: Mapping[str, Sound] = {},
) -> None:
  """Writes 000.wav, 000.png, 001.wav, ... to a folder that is there.

  Args:
    beside: sounds by title, drawn above each.
  """
  for i, sound in enumerate(sounds):
    path = pathlib.Path(folder) / f'{i:03d}'
    audio.write(sound, path.with_suffix('.wav'))
    shown = {**beside, f'{title} #{i}': sound}
    spectrogram.draw(shown, path.with_suffix('.png'))
