"""A model and the pieces of a split -> how alike its samples and they are.

So models are compared that know no likelihood.
"""

from typing import NamedTuple

import jax
import numpy as np

from musiczoo.build import Pipeline
from musiczoo.data import batches
from musiczoo.errors import UserError
from musiczoo.evaluation import metrics
from musiczoo.music.score import Score
from musiczoo.nn.heads import Controls
from musiczoo.sampling import generate
from musiczoo.training.parallel import Parallel

MOST = 128  # Windows of either side, by which checkpoints are compared.
# The metrics of MuseGAN, each of several groups of instruments.
PARTS = (
    'empty_bars',
    'used_pitch_classes',
    'qualified_notes',
    'tonal_distance',
    'drum_pattern',
)


class Compared(NamedTuple):
  """New windows beside real ones.

  Attributes:
    scores: the new windows.
    figures: what `metrics.measure` says of the new ones and of the real ones.
  """

  scores: list[Score]
  figures: tuple[dict, dict]


def make_compare(pipeline: Pipeline, pieces: batches.Pieces, most: int = MOST):
  """Returns compare(params, seed) -> Compared, as many windows on each side.

  A model that is told conditions is told those of the real windows.

  Args:
    pieces: of a split, with `cond`.
    most: windows that are compared; of more, as many evenly spread.

  Raises:
    UserError: no piece is as long as a window.
  """
  window = pipeline.model.window
  real, chosen = _windows(pieces, window, most)

  def measured(scores):
    grid = pipeline.representation.spec.steps_per_quarter
    return metrics.measure(scores, num_steps=window, steps_per_quarter=grid)

  decode = pipeline.representation.decode
  figures = measured([decode(np.asarray(real.x[i])) for i in chosen])
  cond = np.stack([real.cond[i] for i in chosen])

  def compare(params, seed=0):
    """Args: params, on the host; seed, the samples' noise."""
    new = generate.generate(
        pipeline,
        params,
        num_outputs=len(chosen),
        num_steps=window,
        seed=seed,
        controls=Controls(cond=cond) if 'cond' in pipeline.model.controls
        else Controls(),
    ).scores
    return Compared(new, (measured(new), figures))

  return compare


def _windows(pieces, window, most):
  """All windows from bar to bar, and which of the whole ones to compare."""
  real = batches.cut(pieces, window)
  whole = np.flatnonzero(np.diff(real.offsets) == window)
  if not len(whole):
    raise UserError(
        f'no piece has a window of {window} steps: set --config.window lower, '
        'or add longer pieces'
    )
  spread = np.linspace(0, len(whole) - 1, min(most, len(whole)))
  return real, whole[spread.astype(int)]


def report(compared: Compared) -> dict[str, float | dict]:
  """The gap; and each metric of both sides, mean and interval, beside its own."""
  new, real = map(metrics.summary, compared.figures)
  gaps = metrics.gaps(*compared.figures)
  return {'gap': metrics.gap(*compared.figures)} | {
      name: {'samples': new[name], 'split': real[name], 'gap': gaps[name]}
      for name in gaps
  }


def _make_gap_of_frames(devices, pipeline, pieces):
  """Of windows of frames, of which no Sound need be made to compare them."""
  model, window = pipeline.model, pipeline.model.window
  real, chosen = _windows(pieces, window, MOST)
  figures = metrics.of_frames(np.stack([real.x[i] for i in chosen]))
  keys = generate.piece_keys(0, len(chosen))
  sample = jax.jit(lambda p: model.sample(p, keys, window, Controls()))

  def judged(params) -> dict[str, float]:
    new = metrics.of_frames(np.asarray(sample(devices.fetch(params))))
    gaps = metrics.gaps(new, figures)
    result = {'gap': metrics.gap(new, figures)}
    for part in metrics.PARTS_OF_FRAMES:
      values = [v for name, v in gaps.items() if name.startswith(part)]
      result[f'gap_{part}'] = float(np.mean(values))
    return result

  return judged


def make_gap(devices: Parallel, pipeline: Pipeline, pieces: batches.Pieces):
  """Returns (params) -> dict of `metrics.gap` and its parts, 0 to 1.

  Args:
    params: replicated by `devices`.
  """
  if pipeline.representation.spec.kind == 'frames':
    return _make_gap_of_frames(devices, pipeline, pieces)
  compare = make_compare(pipeline, pieces)

  def judged(params) -> dict[str, float]:
    figures = compare(devices.fetch(params)).figures
    gaps = metrics.gaps(*figures)
    result = {'gap': metrics.gap(*figures)}
    for part in PARTS:
      values = [v for name, v in gaps.items() if name.startswith(part)]
      if values:
        result[f'gap_{part}'] = float(np.mean(values))
    return result

  return judged
