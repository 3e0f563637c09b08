"""A config as today's tree trains it: the side that follows renames."""

from equivalence_trial import main, Trial
import jax
import numpy as np

from experiments import config as configs
from musiczoo import build
from musiczoo.evaluation.likelihood import make_validation
from musiczoo.runs import run
from musiczoo.sampling import generate
from musiczoo.training.step import eval_params, make_init


def setup(name: str, changes: dict[str, str], wrap=lambda model: model):
  """Returns the Trial; `wrap` changes the model that is trained."""
  build.cache_compilation()
  config = build.RunConfig.from_dict(configs.load(name, changes.items()))
  pipeline = build.pipeline(config)
  model = wrap(pipeline.model)
  devices, train_steps = run.everywhere(config, pipeline._replace(model=model))
  corpus = build.corpus(config)
  config, pipeline = build.with_statistics(config, pipeline, corpus)
  train, valid = (
    build.pieces(config, pipeline, corpus, split)
    for split in ('train', 'valid')
  )
  batch_at = build.batches(config, pipeline, train)

  def init(batch):
    new = make_init(model, build.optimizer(config), ema_decay=config.ema_decay)
    one = jax.tree.map(lambda a: a[:1], batch)
    return jax.device_get(jax.jit(new)(jax.random.key(config.seed), one))

  def train_all(state, batches, number):
    numbers = np.int32(state.step), np.int32(number)
    state = devices.replicate(state)
    return devices.fetch(train_steps(state, batches, *numbers))

  def validate(state):
    judge = make_validation(devices, pipeline, valid, config.batch_size)
    return judge(devices.replicate(eval_params(state)))

  def sample(state):
    return generate.generate(
      pipeline, eval_params(state), num_outputs=2, num_steps=32, seed=5
    ).x

  return Trial(
    config.to_dict(),
    lambda step: batch_at(config.seed, step),
    init,
    train_all,
    validate,
    sample,
  )


if __name__ == '__main__':
  main(setup)
