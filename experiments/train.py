"""Trains a model: a config and a workdir in, checkpoints and a journal out.

  python -m experiments.train --workdir=out/lstm \\
      --config=experiments/configs/chorales.py:lstm --config.steps=1000
"""

import signal
import tempfile

from absl import flags

from musiczoo.errors import UserError

from . import launch, processes, step_timeout, watch
from .progress import Progress
from .signals import Signals

CONFIG = launch.config_flag()
WORKDIR = flags.DEFINE_string(
  'workdir', None, 'Folder of the run; goes on with the run it holds.'
)
INIT_FROM = flags.DEFINE_string(
  'init_from', None, 'Workdir, or name, of a model to initialize a new run.'
)
REPRODUCIBLE = flags.DEFINE_enum(
  'reproducible',
  None,
  ['run', 'device_invariant'],
  'As --config.reproducible: the same bits on the same devices, or on 1, 2, 4 or 8.',
)
RERUN = flags.DEFINE_string(
  'rerun',
  None,
  'Workdir of a run to repeat, in --workdir or a temporary folder; prints '
  'whether the parameters are the same.',
)


def main() -> int:
  processes.check()
  config = None
  if RERUN.value is None:
    config = launch.config(CONFIG.value)
    config['reproducible'] = REPRODUCIBLE.value or config['reproducible']
  else:
    _check_alone()
  act = _rerun if config is None else lambda: _train(config)
  return processes.run(act) if processes.many() else act()


def _check_alone():
  for flag in (CONFIG, INIT_FROM, REPRODUCIBLE):
    if flag.value is not None:
      raise UserError(
        f'--{flag.name} means nothing with --rerun, which repeats the run as '
        'it was: leave it out'
      )


def _train(config) -> int:
  with (
    Signals() as signals,
    Progress(config['steps'], signals) as progress,
    step_timeout.watching() as watchdog,
  ):
    from musiczoo import build
    from musiczoo.runs import run
    from musiczoo.training import checkpoint, distributed

    build.cache_compilation()
    config = build.RunConfig.from_dict(config)
    watching = watch.Watch(WORKDIR.value)

    def report(step, metrics):
      progress.report(step, metrics)
      watching.report(step, metrics)

    done = run.fit(
      config,
      WORKDIR.value,
      init_from=INIT_FROM.value,
      stopping=signals.stopping,
      reached=watchdog.reached,
      report=report,
      say=progress.say,
    )
    watching.close()
    # Of another process, perhaps.
    signals.received = done.stopped_by or signals.received
    if signals.received:
      progress.say(
        f'stopped at step {done.step} of {config.steps} '
        f'({signal.Signals(signals.received).name}); everything is saved: the '
        'same command goes on from here'
      )
    if distributed.first():
      progress.say(f'params_sha256={checkpoint.sha256(done.state.params)}')
  return signals.status()


def _rerun() -> int:
  with tempfile.TemporaryDirectory() as folder, Signals() as signals:
    from musiczoo import build
    from musiczoo.runs import verify
    from musiczoo.training import distributed

    build.cache_compilation()
    verdict = verify.rerun(
      RERUN.value, WORKDIR.value or folder, stopping=signals.stopping
    )
  signals.received = verdict.stopped_by or signals.received
  if signals.received:
    return signals.status()
  if distributed.first():
    print(f'there    {verdict.there}\nhere     {verdict.here}')
    print(
      'the same bits came out, and the same journal'
      if verdict.same
      else f'not the same: {verdict.differs or "the parameters differ"}'
    )
    print(f'params_sha256={verdict.here}')
  return 0 if verdict.same else 1


def run() -> None:
  """The command: its flags, errors in one line, its exit status."""
  launch.run(main, required=((CONFIG, RERUN), (WORKDIR, RERUN)))


if __name__ == '__main__':
  run()
