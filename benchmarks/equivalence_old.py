"""A config as revision 0804405 trains it; imports only names of that tree.

This file is not to follow renames: it runs with a checkout of that revision in
PYTHONPATH, and is the fixed side of `benchmarks.equivalence`.
"""

from equivalence_trial import main, Trial
import jax
import musiczoo.evaluate as evaluate
import musiczoo.fit as fit
import musiczoo.generate as generate
import musiczoo.train as training
import numpy as np

from experiments import config as configs
import musiczoo.build as build


def setup(name: str, changes: dict[str, str]) -> Trial:
  build.cache_compilation()
  config = configs.load(name, changes.items())
  build.check(config)
  system = build.system(config)
  devices, train_steps = fit.everywhere(config, system)
  corpus = build.corpus(config)
  config, system = build.fitted(config, system, corpus)
  train, valid = (
    build.pieces(config, corpus, split, system.representation)
    for split in ('train', 'valid')
  )
  batch_at = build.batches(config, train, system.representation)

  def init(batch):
    new = training.make_init(
      system.model, build.optimizer(config), ema_decay=config['ema_decay']
    )
    one = jax.tree.map(lambda a: a[:1], batch)
    return jax.device_get(jax.jit(new)(jax.random.key(config['seed']), one))

  def train_all(state, batches, number):
    state = devices.replicate(state)
    return devices.fetch(train_steps(state, batches, np.int32(number)))

  def validate(state):
    judge = evaluate.make_judge(devices, system, valid, config['batch_size'])
    return judge(devices.replicate(training.served(state)))

  def sample(state):
    return generate.generate(
      system, training.served(state), num_outputs=2, num_steps=32, seed=5
    ).x

  return Trial(
    config,
    lambda step: batch_at(config['seed'], step),
    init,
    train_all,
    validate,
    sample,
  )


if __name__ == '__main__':
  main(setup)
