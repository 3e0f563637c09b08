"""Trials: the runs of a sweep, each with a config, a run id and a folder."""

from collections.abc import Iterable, Mapping
import dataclasses
import hashlib
import json
import pathlib
from typing import NamedTuple, TYPE_CHECKING

from musiczoo.errors import UserError
from musiczoo.music.files import write_atomic

if TYPE_CHECKING:  # So that a sweep's --help needs no jax.
  from musiczoo.build import RunConfig

# Options of an optimizer that change no shape and no branch of its program.
RATES = ('learning_rate', 'critic_learning_rate')


class Trial(NamedTuple):
  """One run of a sweep.

  Attributes:
    id: its folder's name, of `run_id`.
    point: the name of its place in the grid.
    seed: of its config.
    config: all of it.
  """

  id: str
  point: str
  seed: int
  config: 'RunConfig'


def plan(points: Mapping[str, 'RunConfig'], num_seeds: int) -> list[Trial]:
  """Every point with the seeds s, s + 1, ...; s is its config's."""
  found = []
  for point, config in points.items():
    for seed in range(config.seed, config.seed + num_seeds):
      of_seed = dataclasses.replace(config, seed=seed)
      found.append(Trial(run_id(of_seed), point, seed, of_seed))
  return found


def run_id(config: 'RunConfig') -> str:
  """A name that follows from the whole config alone."""
  digest = hashlib.sha256(_json(config.to_dict()).encode()).hexdigest()
  return f'{config.family}-seed{config.seed}-{digest[:12]}'


def jobs(trials: Iterable[Trial], together: int) -> list[tuple[str, ...]]:
  """Ids that are run side by side: of one shape, `together` at the most.

  Trials are of one shape if they differ in their seed and `RATES` only. Finished
  ones are included, so that jobs are the same when a sweep continues.
  """
  shapes = {}
  for trial in trials:
    shapes.setdefault(shape(trial.config), []).append(trial.id)
  return [
    tuple(ids[i : i + together])
    for ids in shapes.values()
    for i in range(0, len(ids), together)
  ]


def shape(config: 'RunConfig') -> str:
  """What configs have in common whose runs can be one program."""
  fixed = config.to_dict() | {'seed': 0}
  for rate in RATES:
    fixed['optimizer'].pop(rate, None)
  return _json(fixed)


def folder(workdir, trial_id: str) -> pathlib.Path:
  """The workdir of a trial."""
  return pathlib.Path(workdir) / 'trials' / trial_id


def lay_out(workdir, trials: Iterable[Trial]) -> None:
  """Writes the config of each trial into its folder.

  Raises:
    UserError: the folder can't be written.
  """
  try:
    for trial in trials:
      path = folder(workdir, trial.id) / 'config.json'
      path.parent.mkdir(parents=True, exist_ok=True)
      if not path.exists():
        plain = trial.config.to_dict()
        write_atomic(path, json.dumps(plain, indent=1, sort_keys=True) + '\n')
  except OSError as e:
    raise UserError(f'--workdir={workdir}: {e.strerror}: choose another') from e


def _json(config):
  return json.dumps(config, sort_keys=True)
