"""Directions in latent space along which an attribute of the music grows."""

import numpy as np

from musiczoo.build import Pipeline
from musiczoo.data.pieces import cut, pack, Pieces
from musiczoo.errors import UserError
from musiczoo.music import metre, score as scores
from musiczoo.music.score import PITCH, Score
from musiczoo.sampling import latents

MAX_WINDOWS = 4096  # Training windows that are encoded.


def density(score: Score) -> float:
  """Onsets per quarter note; nan of an empty Score."""
  end = scores.end(score)
  return float(metre.density(score, [0, end])[0]) if end else np.nan


def pitch(score: Score) -> float:
  """Mean pitch of the notes without drums; nan without notes."""
  return float(_pitches(score).mean())


def spread(score: Score) -> float:
  """Standard deviation of the pitches without drums, in semitones."""
  return float(_pitches(score).std())


def _pitches(score):
  found = score.notes[scores.pitched(score), PITCH]
  return found if len(found) else np.array([np.nan])


ATTRIBUTES = {'density': density, 'pitch': pitch, 'spread': spread}


def parse(text: str) -> tuple[str, float]:
  """'density:+1' -> ('density', 1.0).

  Raises:
    UserError: there is no such attribute, or no number.
  """
  name, _, amount = text.partition(':')
  try:
    amount = float(amount)
  except ValueError:
    amount = np.nan
  if name not in ATTRIBUTES or not np.isfinite(amount):
    names = ', '.join(ATTRIBUTES)
    raise UserError(
      f'--attribute={text}: give one of {names} and an amount: density:+1'
    )
  return name, amount


def direction(
  pipeline: Pipeline, params, train: Pieces, name: str
) -> np.ndarray:
  """The vector to add to a latent for more of an attribute: [L].

  The mean latent of the quarter of training windows with the highest values,
  minus that of the quarter with the lowest (Roberts et al. 2018).
  """
  windows = cut(train, pipeline.model.window)
  index = np.linspace(0, len(windows) - 1, MAX_WINDOWS).astype(int)
  windows = pack([windows.x[i] for i in np.unique(index)])
  decode, measure = pipeline.representation.decode, ATTRIBUTES[name]
  value = np.array([measure(decode(np.asarray(x))) for x in windows.x])
  latent = latents.encode_windows(pipeline, params, windows)
  defined = np.isfinite(value)
  return difference(latent[defined], value[defined])


def difference(z: np.ndarray, value: np.ndarray) -> np.ndarray:
  """Mean of the quarter of latents [N, L] with the highest values - the lowest."""
  order, quarter = np.argsort(value, kind='stable'), max(len(value) // 4, 1)
  return z[order[-quarter:]].mean(axis=0) - z[order[:quarter]].mean(axis=0)
