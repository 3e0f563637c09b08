"""Windows and their codes walk in; what to add to a code for more of something out."""

import numpy as np

from musiczoo.build import Pipeline
from musiczoo.data import batches
from musiczoo.errors import UserError
from musiczoo.music import score as scores
from musiczoo.music.score import PITCH, Score
from musiczoo.sampling import latents

_MOST = 4096  # Training windows that are asked.


def density(score: Score) -> float:
  """Notes that begin, per quarter note."""
  quarters = scores.end(score) / score.resolution
  return len(score.notes) / quarters if quarters else np.nan


def pitch(score: Score) -> float:
  """Mean pitch of the notes, drums aside."""
  pitches = score.notes[scores.pitched(score), PITCH]
  return float(pitches.mean()) if len(pitches) else np.nan


def spread(score: Score) -> float:
  """Standard deviation of the pitches, in semitones, drums aside."""
  pitches = score.notes[scores.pitched(score), PITCH]
  return float(pitches.std()) if len(pitches) else np.nan


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
    raise UserError(
        f'--attribute={text}: give one of {", ".join(ATTRIBUTES)} and how much '
        'of it, such as density:+1'
    )
  return name, amount


def direction(
    pipeline: Pipeline, params, train: batches.Pieces, name: str
) -> np.ndarray:
  """What to add to a code for more of an attribute: [L].

  The mean code of the training windows that have most of it, a quarter of all,
  less that of the quarter that has least (Roberts et al. 2018).
  """
  every = batches.cut(train, pipeline.model.window)
  some = np.unique(np.linspace(0, len(every) - 1, _MOST).astype(int))
  windows = batches.pack([every.x[i] for i in some])
  decode, measure = pipeline.representation.decode, ATTRIBUTES[name]
  value = np.array([measure(decode(np.asarray(x))) for x in windows.x])
  known = np.isfinite(value)
  return difference(latents.codes(pipeline, params, windows)[known], value[known])


def difference(z: np.ndarray, value: np.ndarray) -> np.ndarray:
  """Mean of the quarter of codes [N, L] with the highest values - the lowest."""
  order, quarter = np.argsort(value, kind='stable'), max(len(value) // 4, 1)
  return z[order[-quarter:]].mean(axis=0) - z[order[:quarter]].mean(axis=0)
