"""A config and a workdir -> a trained model in it: the whole of a run."""

from collections.abc import Callable
from typing import NamedTuple

import jax

from musiczoo import build, checkpoint, loop, parallel, workdir as workdirs
from musiczoo.errors import UserError
from musiczoo.evaluate import make_judge, monitored
from musiczoo.train import (
  make_init,
  make_train_step,
  make_train_steps,
  served,
  TrainState,
)


class Fitted(NamedTuple):
  """How a run ended: its state on the host, and the step it got to."""

  state: TrainState
  step: int


def fit(
    config: dict,
    workdir,
    *,
    init_from: str | None = None,
    stopping: Callable[[], bool] = lambda: False,
    report: Callable[[int, dict], None] = lambda step, metrics: None,
    say: Callable[[str], None] = print,
) -> Fitted:
  """Trains until the config's `steps`; goes on from a checkpoint if any.

  Args:
    init_from: another workdir, whose best parameters a new run begins with.
    stopping: asked between dispatches; True saves and returns.
    report: hears (step, metrics) as they come.
    say: prints a line for the user.
  """
  build.check(config)
  system = build.system(config)
  optimizer = build.optimizer(config)
  devices = build.devices(config)
  parallel.check_divides(
      config['batch_size'], devices.devices, config['microbatches']
  )
  corpus = build.corpus(config)
  train = build.pieces(config, corpus, 'train', system.representation)
  batch_at = build.batches(config, train, system.representation)
  valid = build.pieces(config, corpus, 'valid', system.representation)
  workdirs.claim(workdir, config)
  say(
      f'devices  {devices.devices} x {jax.devices()[0].device_kind} '
      f'({config["parallel"]})\n'
      f'corpus   {config["corpus"]}: {len(train)} pieces to train on, '
      f'{len(valid)} to validate'
  )

  init = make_init(system.model, optimizer, ema_decay=config['ema_decay'])
  state = jax.device_get(
      jax.jit(init)(
          jax.random.key(config['seed']),
          jax.tree.map(lambda a: a[:1], batch_at(config['seed'], 0)),
      )
  )
  size = sum(p.size for p in jax.tree.leaves(state.params))
  say(f'model    {config["family"]}, {size:,} parameters')
  state, step = _begin(state, workdir, init_from, say)

  train_step = make_train_step(
      system.model,
      optimizer,
      microbatches=config['microbatches'],
      ema_decay=config['ema_decay'],
      axis=parallel.AXIS,
  )
  train_steps = devices.compile(
      make_train_steps(train_step), batch_axis=1, donate=True
  )
  judge = make_judge(devices, system, valid, config['batch_size'])

  def fetched_train_steps(state, batches, num):
    state, history = train_steps(state, batches, num)
    return state, devices.fetch(history)

  def evaluate(state):
    return {f'valid_{k}': v for k, v in judge(served(state)).items()}

  def save(state, metrics):
    folder = workdirs.checkpoints(workdir)
    checkpoint.save(folder, devices.fetch(state), config, metrics)

  state, step = loop.run(
      devices.replicate(state),
      step,
      fetched_train_steps,
      lambda step: batch_at(config['seed'], step),
      evaluate,
      save,
      build.schedule(config),
      workdir,
      monitor=f'valid_{monitored(system)}',
      stopping=stopping,
      report=report,
  )
  return Fitted(devices.fetch(state), step)


def _begin(state, workdir, init_from, say):
  """The state to begin with, and its step: restored, borrowed or new."""
  folder = workdirs.checkpoints(workdir)
  found = checkpoint.restore(folder)
  if found is not None:
    tree, _, step = found
    say(f'resume   at step {step} from {folder}')
    if init_from is not None:
      say('init     --init_from is for a new run: not used')
    return checkpoint.conform(tree, state, origin=str(folder)), step
  if any(folder.glob('damaged-*')):
    raise UserError(
        f'{folder} has only damaged checkpoints: remove it to begin anew'
    )
  if init_from is not None:
    _, _, params, _ = workdirs.load(init_from)
    params = _borrow(state.params, params, say)
    ema = None if state.ema is None else params
    state = state._replace(params=params, ema=ema)
  return state, 0


def _borrow(params, theirs, say):
  """Their tensors where name and shape agree, ours elsewhere; says which."""
  theirs = dict(jax.tree_util.tree_flatten_with_path(theirs)[0])
  taken, left = [], []

  def choose(path, ours):
    name = '/'.join(str(k.key) for k in path)
    fits = path in theirs and theirs[path].shape == ours.shape
    (taken if fits else left).append(name)
    return theirs[path] if fits else ours

  params = jax.tree_util.tree_map_with_path(choose, params)
  say(f'init     {len(taken)} tensors taken, {len(left)} not: '
      f'{", ".join(left[:6]) or "none"}{" ..." if len(left) > 6 else ""}')
  return params
