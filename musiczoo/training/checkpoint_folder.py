"""The folders of checkpoints: which there are, which are sound, which is best."""

import logging
import os
import pathlib
import re
import shutil
from typing import NamedTuple

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music import json_files, seals

MANIFEST, IDENTITY, METRICS = 'manifest.json', 'run.json', 'metrics.json'
# What a killed process leaves: a checkpoint half written, or half removed.
BUILDING, _REMOVING = 'building', 'removing'
_NAME = re.compile('[0-9]{9}|[1-9][0-9]{9,17}')
log = logging.getLogger(__name__)


class Problem(NamedTuple):
  """Why a checkpoint is not used.

  Attributes:
    kind: 'damaged', or 'other' if it is sound but not what its name says.
    what: in words.
  """

  kind: str
  what: str


def steps(folder) -> list[int]:
  """The steps that have a checkpoint, ascending; not yet verified."""
  folder = pathlib.Path(folder)
  names = [p.name for p in folder.iterdir()] if folder.is_dir() else []
  # A copy by another name, such as `99`, is none.
  return sorted(int(n) for n in names if _NAME.fullmatch(n))


def path_of(folder: pathlib.Path, step: int) -> pathlib.Path:
  """The folder of a step."""
  return folder / f'{step:09d}'


def choose(
  folder: pathlib.Path,
  best: bool,
  run: str | None,
  problems: dict[int, Problem],
  set_aside: bool,
) -> int | None:
  """The step of the newest, or best, sound checkpoint; None if there is none.

  Args:
    run, set_aside: as of `checkpoint.restore`.
    problems: of the steps that are known not to be sound; more are added.

  Raises:
    UserError: a file of a checkpoint can't be read.
  """
  for step in _candidates(folder, best, problems):
    path = path_of(folder, step)
    problem = find_problem(path, run)
    if problem is None:
      return step
    if not os.path.lexists(path):  # The run has removed it, and saved others.
      return choose(folder, best, run, problems, set_aside)
    problems[step] = problem
    report(path, problem, set_aside)
  return None


def _candidates(folder, best, problems):
  """Steps in the order in which they are tried."""
  found = sorted({*steps(folder)} - problems.keys(), reverse=True)
  if not best:
    return found
  lowest = _best(folder, found)
  # One whose figures are damaged might be the best: it is to be reported.
  unsure = [step for step in found if figures(path_of(folder, step)) is None]
  return sorted(found, key=lambda s: (s not in unsure, s != lowest))


def report(path: pathlib.Path, problem: Problem, set_aside: bool) -> None:
  """Reports a checkpoint that is not used, and renames it if asked to."""
  if set_aside:
    move_aside(path, problem)
  else:
    log.warning('%s is not used: %s', path, problem.what)


def move_aside(path: pathlib.Path, problem: Problem) -> None:
  """Renames a checkpoint that is not used, and reports it."""
  number = 0
  name = f'{problem.kind}-{path.name}'
  while (aside := path.with_name(f'{name}.{number}')).exists():
    number += 1
  path.rename(aside)
  log.warning('%s is set aside as %s: %s', path, aside, problem.what)


def find_problem(path: pathlib.Path, run: str | None) -> Problem | None:
  """Why a checkpoint folder can't be used, None if it can.

  Raises:
    UserError: a file can't be read, which says nothing of its content.
  """
  try:
    seals.check(path, MANIFEST, _sums, is_exact=True)
    identity = {}
    if (path / IDENTITY).exists():  # Older ones have none.
      identity = json_files.parse(seals.read(path, MANIFEST, _sums, IDENTITY))
    if not isinstance(identity, dict):
      raise ValueError('no identity')
  except seals.Damage as damage:
    return Problem('damaged', str(damage))
  except ValueError as e:
    return Problem('damaged', f'{IDENTITY}: {e}')
  except OSError as e:
    raise _unreadable(e, path) from e
  step, of = identity.get('step'), identity.get('run')
  if step is not None and step != int(path.name):
    return Problem('other', f'it is of step {step}')
  if run is not None and of is not None and of != run:
    return Problem('other', f'it is of another run, {of}, where this is {run}')
  return None


def _unreadable(error, path):
  return UserError(
    f'{error.filename or path} cannot be read ({error.strerror}): allow it, then '
    'run the same command again'
  )


def _sums(content):
  """The content of a manifest -> {file: digest}."""
  sums = json_files.parse(content)
  if not isinstance(sums, dict):
    raise ValueError('no table')
  if json_files.text(sums).encode() != content:
    raise ValueError('not as it was written')
  return sums


def _best(folder, among):
  """Of these steps that whose monitored figure is lowest; None if none has one."""
  values, names = {}, set()
  for step in among:
    metrics = figures(path_of(folder, step)) or {}
    value, name = metrics.get('monitored'), metrics.get('monitor')
    if isinstance(value, int | float) and np.isfinite(value):
      values[step] = value
      names.add(name if isinstance(name, str) else '')
  names.discard('')  # Checkpoints of 0.1 do not name their figure.
  if len(names) > 1:
    raise UserError(
      f'{folder}: {" and ".join(sorted(names))} are not comparable: remove the '
      'checkpoints that have one of them'
    )
  return min(values, key=values.get, default=None)


def figures(path: pathlib.Path) -> dict | None:
  """The figures of a checkpoint, compared with its seal; None if damaged.

  Raises:
    UserError: a file can't be read.
  """
  try:
    found = seals.read(path, MANIFEST, _sums, METRICS)
    found = json_files.parse(found)
  except (seals.Damage, ValueError):
    return None
  except OSError as e:
    raise _unreadable(e, path) from e
  return found if isinstance(found, dict) else None


def prune(folder: pathlib.Path, keep: int) -> None:
  """Removes all but the newest and the best, and what killed processes left."""
  found = steps(folder)
  old = {*found[:-keep]}
  for step in old and old - {_best(folder, found)}:
    path = path_of(folder, step)
    if figures(path) is None:  # It might have been the best.
      move_aside(path, Problem('damaged', f'{METRICS} is damaged'))
    else:  # Renamed first: a reader finds all of it or nothing.
      path.rename(folder / f'{_REMOVING}-{path.name}')
  for kind in _REMOVING, BUILDING:
    for path in folder.glob(f'{kind}-*'):
      shutil.rmtree(path, ignore_errors=True)
