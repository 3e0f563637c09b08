"""Flags that name a trained model: --workdir or --pretrained."""

from absl import flags

from musiczoo.errors import UserError
from musiczoo.runs import shipped

WORKDIR = flags.DEFINE_string('workdir', None, 'Folder of a trained model.')
PRETRAINED = flags.DEFINE_string(
  'pretrained',
  None,
  f'Name of a model of the package: {", ".join(shipped.names())}.',
)
EITHER = (
  WORKDIR,
  PRETRAINED,
)  # A command that needs a model requires one of them.


def check() -> None:
  """Raises UserError if two models are given."""
  if PRETRAINED.value is not None and WORKDIR.value is not None:
    raise UserError('--workdir and --pretrained: give one of them')


def is_pretrained() -> bool:
  """Whether the model is one of the package."""
  return PRETRAINED.value is not None


def name() -> str | None:
  """The model's name or workdir; None if neither flag is given."""
  return PRETRAINED.value or WORKDIR.value


def load():
  """The model's (config, Pipeline, params, step)."""
  from musiczoo.runs import pretrained, workdir

  if PRETRAINED.value is not None:
    return pretrained.load(PRETRAINED.value)
  return workdir.load(WORKDIR.value)


def grade_reference(config, pipeline):
  """What pieces are graded by: the training pieces of the model."""
  from musiczoo import build
  from musiczoo.evaluation import voice_comparison
  from musiczoo.evaluation.metrics import grade
  from musiczoo.runs import pretrained

  if PRETRAINED.value is not None:
    stored = pretrained.grade_reference(PRETRAINED.value)
    if stored is not None:
      return grade.from_json(stored)
  train = build.corpus(config)['train']
  scores = voice_comparison.real_scores(train, pipeline.representation)
  return grade.reference(scores)
