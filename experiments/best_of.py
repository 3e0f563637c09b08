"""Flags of choosing the best of several samples, and the scores they name."""

from absl import flags
import numpy as np

from musiczoo.errors import UserError

from . import model_flags

BEST_OF = flags.DEFINE_integer(
  'best_of',
  1,
  'Sample each piece so many times, and keep the best by --best_by.',
  lower_bound=1,
  upper_bound=1000,
)
BEST_BY = flags.DEFINE_enum(
  'best_by',
  'grade',
  ['grade', 'likelihood'],
  'grade: the distance from the training pieces in voice leading, harmony, '
  'rhythm and form. likelihood: the nats per note of the model itself.',
)


def check(spec, flag: str | None) -> None:
  """Refuses the flags where they have no meaning.

  Args:
    spec: of the model's x.
    flag: name of the flag that gives music, of `input_flags.requested`.

  Raises:
    UserError: names the flag.
  """
  if BEST_OF.value == 1:
    if flags.FLAGS['best_by'].present:
      raise UserError('--best_by has no effect without --best_of: add it')
    return
  if flag in ('reconstruct', 'interpolate') or spec.is_audio:
    what = f'with --{flag}' if flag else 'with a model of audio'
    raise UserError(f'--best_of cannot be used {what}: leave it out')
  if BEST_BY.value == 'grade' and spec.kind != 'voices':
    raise UserError(
      '--best_by=grade is for models of voices: give --best_by=likelihood'
    )


def make_score(config, pipeline, params):
  """Returns score(Scores) -> a number of each, lower is better."""
  return _SCORES[BEST_BY.value](config, pipeline, params)


def _grade(config, pipeline, params):
  del params
  from musiczoo.evaluation.metrics.grade import grade

  reference = model_flags.grade_reference(config, pipeline)
  return lambda scores: np.array([grade(score, reference) for score in scores])


def _likelihood(config, pipeline, params):
  from musiczoo import build
  from musiczoo.data.corpus import Piece
  from musiczoo.evaluation import likelihood

  if not pipeline.model.monitor:
    raise UserError(
      '--best_by=likelihood cannot be used with this model, which has none: '
      'give --best_by=grade'
    )
  devices = build.devices(config)
  of = likelihood.make_piece_nll(devices, pipeline, config.batch_size)

  def nats(scores):
    has_notes = np.array([len(score.notes) > 0 for score in scores])
    values = np.full(len(scores), np.nan)  # A silent sample is not the best.
    if has_notes.any():
      values[has_notes] = of_notes([s for s in scores if len(s.notes)])
    return values

  def of_notes(scores):
    found = [Piece(str(i), score) for i, score in enumerate(scores)]
    pieces = build.pieces(config, pipeline, {'samples': found}, 'samples')
    return of(devices.replicate(params), pieces)

  return nats


_SCORES = {'grade': _grade, 'likelihood': _likelihood}
