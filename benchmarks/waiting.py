"""How long a device waits for batches, if it were ten times as fast.

  python -m benchmarks.waiting [--config=experiments/configs/chorales.py:gru]

measures the time of a train step here, then runs the loop with a stand-in for the
device, which sleeps for a tenth of it, and prints the share of time that it waited
for data. Counts only on an idle machine.
"""

import pathlib
import tempfile
import time

from absl import flags

from experiments import launch

CONFIG = launch.config_flag('experiments/configs/chorales.py:gru')
STEPS = flags.DEFINE_integer('steps', 200, 'Of each run.', lower_bound=20)


def main():
  from musiczoo import build
  from musiczoo.runs import run
  from musiczoo.training import journal

  build.cache_compilation()
  steps = STEPS.value
  table = launch.config(CONFIG.value) | {'steps': steps, 'eval_every': steps}
  config = build.RunConfig.from_dict(table)
  with tempfile.TemporaryDirectory() as folder:
    run.fit(config, folder, say=lambda line: None)
    (timing,) = journal.read(folder, journal.TIMING)
  seconds = timing['seconds_per_step']
  share = _stand_in(config, seconds / 10)
  print(f'a step  {1e3 * seconds:.1f} ms')
  print(f'waiting {share:.2%} of the time with steps of a tenth of it')


def _stand_in(config, seconds):
  """The share of time that a device waits whose steps take so long."""
  import numpy as np

  from musiczoo import build
  from musiczoo.training import journal, loop

  pipeline, corpus = build.pipeline(config), build.corpus(config)
  train = build.pieces(config, pipeline, corpus, 'train')
  batch_at = build.batches(config, pipeline, train)

  def train_steps(state, batches, first, num):
    del batches, first
    time.sleep(int(num) * seconds)
    return state, {'finite': np.ones(config.steps_per_dispatch, bool)}

  callbacks = loop.Callbacks(
    train_steps,
    lambda step: batch_at(config.seed, step),
    evaluate=lambda state: {'score': 0.0},
    save=lambda state, metrics: None,
  )
  with tempfile.TemporaryDirectory() as folder:
    args = None, 0, callbacks, config.schedule, pathlib.Path(folder)
    loop.run(*args, monitor='score')
    (timing,) = journal.read(folder, journal.TIMING)
  return timing['share_waiting_for_data']


if __name__ == '__main__':
  launch.run(main)
