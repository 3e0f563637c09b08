"""Trains a model: a config and a workdir in, checkpoints and a journal out."""

import signal

from absl import flags

from experiments import launch
from experiments.progress import Progress

CONFIG = launch.config_flag()
WORKDIR = flags.DEFINE_string(
    'workdir', None, 'Folder of the run; goes on with the run it holds.'
)
INIT_FROM = flags.DEFINE_string(
    'init_from', None, "Workdir whose best parameters a new run begins with."
)


def main() -> int:
  config = launch.config(CONFIG.value)
  launch.require(workdir=WORKDIR.value)
  with launch.Signals() as signals, Progress(config['steps']) as progress:
    from musiczoo import build, checkpoint, fit

    build.cache_compilation()
    state, step = fit.fit(
        config,
        WORKDIR.value,
        init_from=INIT_FROM.value,
        stopping=signals.stopping,
        report=progress.report,
        say=progress.say,
    )
  if signals.received:
    print(
        f'stopped at step {step} of {config["steps"]} '
        f'({signal.Signals(signals.received).name}); everything is saved: the '
        'same command goes on from here'
    )
  print(f'params_sha256={checkpoint.sha256(state.params)}')
  return 128 + signals.received if signals.received else 0


if __name__ == '__main__':
  launch.run(main)
