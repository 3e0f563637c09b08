"""Repeats a run and compares parameters and journal."""

import dataclasses
import itertools
import os
import pathlib
from typing import NamedTuple

from musiczoo import build
from musiczoo.data import corpus_digests
from musiczoo.errors import UserError
from musiczoo.runs import config_history, provenance, run, workdir as workdirs
from musiczoo.training import checkpoint, journal


class Verdict(NamedTuple):
  """The result of a repetition.

  Attributes:
    there, here: SHA-256 of all parameters, of the run and of its repetition.
    differs: the first different line of the journals, or ''.
    stopped_by: as of `run.RunResult`; if not 0, the repetition is not complete.
  """

  there: str
  here: str
  differs: str
  stopped_by: int = 0

  @property
  def same(self) -> bool:
    return self.there == self.here and not self.differs


def rerun(workdir, again, **how) -> Verdict:
  """Repeats a run from its config alone, to its newest checkpoint, in `again`.

  Args:
    again: a folder for the repetition, which is continued if it is there.
    **how: `stopping`, `report` and `say`, as of `run.fit`.

  Raises:
    UserError: there is no run, `again` is its own folder, or its pieces or the
      parameters that it began with have changed.
  """
  if os.path.realpath(workdir) == os.path.realpath(again):
    raise UserError(
      f'--workdir={again} is the run that --rerun names: give the repetition a '
      'folder of its own, or leave --workdir out'
    )
  found = workdirs.restore(workdir)
  if found is None:
    raise UserError(
      f'--rerun={workdir} has no sound checkpoint: train there first'
    )
  tree, config, step = found
  begun = provenance.read(workdir)
  init_from = begun[0]['init_from'] if begun else None
  config = dataclasses.replace(config_history.parse(config), steps=step)
  _check_pieces(workdir, config)
  state, _, stopped_by = run.fit(config, again, init_from=init_from, **how)
  repeated = provenance.read(again)
  if begun and begun[0]['params_sha256'] != repeated[0]['params_sha256']:
    changed = init_from or 'jax or the model'
    raise UserError(
      f'{workdir} began with other parameters than {again}: {changed} has '
      'changed since'
    )
  return Verdict(
    checkpoint.sha256(tree['params']),
    checkpoint.sha256(state.params),
    _first_difference(workdir, again, step),
    stopped_by,
  )


def _check_pieces(workdir, config):
  pieces = corpus_digests.digests(build.corpus(config), ('train', 'valid'))
  workdirs.check_pieces(workdir, pieces)


def _first_difference(workdir, again, step) -> str:
  there, here = (
    [e for e in journal.read(folder) if e['step'] <= step]
    for folder in (workdir, pathlib.Path(again))
  )
  for a, b in itertools.zip_longest(there, here):
    if a != b:
      return f'{a} there, {b} here'
  return ''
