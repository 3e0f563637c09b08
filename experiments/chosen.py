"""Flags that choose a trained model: a run of one's own, or one of the zoo's."""

from absl import flags

from musiczoo.errors import UserError

from . import launch

WORKDIR = flags.DEFINE_string('workdir', None, 'Folder of a trained model.')
PRETRAINED = flags.DEFINE_string(
    'pretrained', None, "In its place: a model of the package, 'lstm-chorales'."
)


def check() -> None:
  """Refuses to begin without a model, or with two."""
  if PRETRAINED.value is None:
    launch.require(workdir=WORKDIR.value)
  elif WORKDIR.value is not None:
    raise UserError('--workdir and --pretrained: give one of them')


def own() -> bool:
  """Whether it is a run of the user's own."""
  return PRETRAINED.value is None


def name() -> str | None:
  return PRETRAINED.value or WORKDIR.value


def load():
  """(config, System, params, step) of it."""
  from musiczoo.runs import pretrained, workdir

  if PRETRAINED.value is not None:
    return pretrained.load(PRETRAINED.value)
  return workdir.load(WORKDIR.value)
