"""Runs trials and writes their results."""

from collections.abc import Callable, Sequence
import contextlib
from functools import partial
import logging
import math
import pathlib
import traceback

from musiczoo import build
from musiczoo.evaluation.likelihood import make_validation, monitor_name
from musiczoo.runs import (
  config_history,
  locks,
  run as run_lib,
  workdir as workdirs,
)
from musiczoo.runs.sweep import results, trials, vmap_trials
from musiczoo.training import loop

ERROR = 'error.txt'  # In a trial's folder: the traceback.
log = logging.getLogger(__name__)


def run(
  workdir, ids: Sequence[str], *, stopping: Callable[[], bool] = lambda: False
) -> None:
  """Runs trials of one shape side by side, or one alone as `train` does.

  An error of one becomes its result and does not stop the others. Trials that
  another process has locked are waited for; finished ones are skipped. When
  `stopping` is true all is saved, and unfinished trials have no result.

  Args:
    workdir: of the sweep, which `trials.lay_out` has laid out.
  """
  folders = [trials.folder(workdir, i) for i in ids]
  with locks.held(folders, stopping) as held:
    if not held:
      return
    if len(folders) == 1:
      _run(folders[0], stopping)
    else:
      count = len(folders)
      vmap_trials.together(
        [partial(_run, f, stopping, side_by_side=count) for f in folders]
      )


def _run(
  folder: pathlib.Path,
  stopping,
  place=None,
  leave=lambda: None,
  *,
  side_by_side=1,
) -> None:
  if results.finished(folder):
    return
  before = results.read(folder)
  if before is not None and before['status'] == 'damaged':
    log.warning('%s: the trial is run again', before['reason'])
  try:
    config = config_history.parse(workdirs.read_table(folder / workdirs.CONFIG))
    run_lib.fit(
      config,
      folder,
      place=place,
      side_by_side=side_by_side,
      stopping=stopping,
      say=lambda line: None,
    )
    leave()
    if stopping():
      return
    result = _result(folder)
    (folder / ERROR).unlink(missing_ok=True)
  except loop.Diverged as e:
    result = {'status': 'diverged', 'reason': str(e)}
  except Exception as e:  # Of memory, of the disk, of one odd config.
    first = (str(e).splitlines() or [''])[0][:300]
    result = {'status': 'failed', 'reason': f'{type(e).__name__}: {first}'}
    with contextlib.suppress(OSError):  # Of a full disk.
      (folder / ERROR).write_text(traceback.format_exc())
  _write(folder, result)


def _write(folder, result):
  try:
    results.write(folder, result)
  except OSError as e:  # The trial has no result, and is tried again.
    log.warning(
      '%s: no result written (%s): %s', folder, e.strerror, result['status']
    )


def _result(folder):
  """The result of a finished run: the figures of its best checkpoint."""
  config, pipeline, params, step = workdirs.load(folder)
  corpus = build.corpus(config)
  devices = build.devices(config)
  figures = {}
  for split in 'valid', 'test':
    pieces = build.pieces(config, pipeline, corpus, split)
    validate = make_validation(devices, pipeline, pieces, config.batch_size)
    measured = validate(devices.replicate(params))
    figures |= {f'{split}_{name}': value for name, value in measured.items()}
  monitor = monitor_name(pipeline)
  for name in f'valid_{monitor}', f'test_{monitor}':
    if not math.isfinite(figures[name]):
      reason = f'{name} of step {step} is {figures[name]}, no finite number'
      return {'status': 'diverged', 'reason': reason}
  return {
    'status': 'done',
    'step': step,
    'monitor': monitor,
    'figures': figures,
  }
