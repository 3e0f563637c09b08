"""One run from start to end: a config and a workdir -> a trained model in it."""

from collections.abc import Callable
from typing import NamedTuple

import jax

from musiczoo import build
from musiczoo.errors import UserError
from musiczoo.evaluation.likelihood import make_validation, monitor_name
from musiczoo.runs import pretrained, provenance, workdir as workdirs
from musiczoo.training import checkpoint, distributed, journal, loop, parallel
from musiczoo.training.flops import flops
from musiczoo.training.step import (
  eval_params,
  make_init,
  make_train_step,
  make_train_steps,
  parts,
  TrainState,
)


class RunResult(NamedTuple):
  """How a run ended: its state on the host, and its step."""

  state: TrainState
  step: int


def fit(
  config: build.RunConfig,
  workdir,
  *,
  init_from: str | None = None,
  place: Callable | None = None,
  stopping: Callable[[], bool] = lambda: False,
  report: Callable[[int, dict], None] = lambda step, metrics: None,
  say: Callable[[str], None] = print,
) -> RunResult:
  """Trains to the config's `steps`, from the newest checkpoint if there is one.

  All processes of a run call this; the first one writes files and reports.

  Args:
    init_from: another workdir, or the name of a pretrained model, whose
      parameters initialize a new run.
    place: (config, pipeline) -> (Parallel, compiled train_steps): the devices, if
      not all of them as the config says.
    stopping: called between dispatches; True saves and returns.
    report: called with (step, metrics).
    say: prints a line for the user.
  """
  if not distributed.first():
    report, say = (lambda step, metrics: None), (lambda line: None)
  pipeline = build.pipeline(config)
  devices, train_steps = (place or everywhere)(config, pipeline)
  parallel.check_divides(
    config.batch_size, devices.devices, config.microbatches, config.shards
  )
  corpus = build.corpus(config)
  config, pipeline = build.with_statistics(config, pipeline, corpus)
  train = build.pieces(config, pipeline, corpus, 'train')
  rows = devices.rows(config.batch_size)
  batch_at = build.batches(config, pipeline, train, rows)
  valid = build.pieces(config, pipeline, corpus, 'valid')
  monitor = f'valid_{monitor_name(pipeline)}'
  if distributed.first():
    workdirs.check_same(workdir, config)
    _check_comparable(workdir, monitor)
  say(_describe_data(config, devices, train, valid))
  new, amounts = _new(config, pipeline, batch_at)
  state, step = _begin(new, workdir, init_from, say)
  if distributed.first():  # Only now: a refused run is left as it was.
    workdirs.write_config(workdir, config)
    provenance.note(workdir, step, init_from, state, config.corpus)
  say(_describe_model(config, new.params, amounts))
  validate = make_validation(devices, pipeline, valid, config.batch_size)

  def fetched_train_steps(state, batches, num):
    state, history = train_steps(state, batches, num)
    return state, devices.fetch(history)

  def evaluate(state):
    return {f'valid_{k}': v for k, v in validate(eval_params(state)).items()}

  def save(state, metrics):
    folder = workdirs.checkpoints(workdir)
    checkpoint.save(folder, devices.fetch(state), config.to_dict(), metrics)

  def restore():
    state, step = _begin(new, workdir, init_from, lambda line: None)
    return devices.replicate(state), step

  callbacks = loop.Callbacks(
    train_steps=fetched_train_steps,
    batch_at=lambda step: batch_at(config.seed, step),
    evaluate=evaluate,
    save=save,
    restore=restore,
    stopping=lambda: distributed.any_of(stopping()),
    report=report,
  )
  state = devices.replicate(state)
  with distributed.folder(workdir, journal.NAMES) as own:
    state, step = loop.run(
      state,
      step,
      callbacks,
      config.schedule,
      own,
      monitor=monitor,
      amounts=amounts,
      on_nan=config.on_nan,
    )
  return RunResult(devices.fetch(state), step)


def _describe_data(config, devices, train, valid):
  return (
    f'devices  {devices.devices} x {jax.devices()[0].device_kind} '
    f'({config.parallel}, {jax.process_count()} processes)\n'
    f'corpus   {config.corpus}: {len(train)} pieces to train on, '
    f'{len(valid)} to validate'
  )


def _describe_model(config, params, amounts):
  return (
    f'model    {config.family}, '
    f'{sum(p.size for p in jax.tree.leaves(params)):,} parameters, '
    f'{amounts["model_flops"] / 1e9:.3g} GFLOP a step'
  )


def _check_comparable(workdir, monitor):
  """Refuses to go on where early stopping would compare different figures."""
  for entry in journal.read(workdir):
    figures = [name for name in entry if name.startswith('valid_nll')]
    if figures and monitor not in entry:
      raise UserError(
        f'{workdir} has {figures[0]}, this run {monitor}: these are not '
        'comparable, train in a new workdir'
      )


def make_steps(
  config: build.RunConfig,
  pipeline: build.Pipeline,
  axis: str | None = None,
  **rates,
):
  """Returns the train_steps of a config, not compiled.

  Args:
    **rates: options of the optimizer that may be traced numbers.
  """
  step = _make_step(config, pipeline, axis=axis, shards=config.shards, **rates)
  return make_train_steps(step)


def _make_step(config, pipeline, *, axis=None, shards=0, **rates):
  return make_train_step(
    pipeline.model,
    build.optimizer(config, **rates),
    microbatches=config.microbatches,
    ema_decay=config.ema_decay,
    axis=axis,
    shards=shards,
  )


def everywhere(config: build.RunConfig, pipeline: build.Pipeline):
  """(Parallel, train_steps compiled for it) of all devices."""
  devices = build.devices(config)
  train_steps = make_steps(config, pipeline, parallel.AXIS)
  return devices, devices.compile(train_steps, batch_axis=1, donate=True)


def _new(config, pipeline, batch_at):
  """The state of a new run, and the amounts of a step for `timing.jsonl`."""
  optimizer = build.optimizer(config)
  init = make_init(pipeline.model, optimizer, ema_decay=config.ema_decay)
  batch = batch_at(config.seed, 0)
  one = jax.tree.map(lambda a: a[:1], batch)
  state = jax.device_get(jax.jit(init)(jax.random.key(config.seed), one))
  rows, processes = len(batch['x']), jax.process_count()
  tokens = sum(pipeline.spec.num_decisions(p['x']) for p in parts(batch))
  step = _make_step(config, pipeline)  # On one device, of this host's rows.
  return state, {
    'examples': rows * processes,
    'tokens': tokens * processes,
    'model_flops': flops(step, state, batch) * processes,
  }


def _begin(state, workdir, init_from, say):
  """The first state and its step: restored, initialized from another, or new."""
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
    _, _, params, _ = pretrained.find(init_from)
    params = _borrow(state.params, params, say)
    ema = None if state.ema is None else params
    state = state._replace(params=params, ema=ema)
  return state, 0


def _borrow(params, theirs, say):
  """Their tensors where name and shape agree, ours elsewhere."""
  theirs = dict(jax.tree_util.tree_flatten_with_path(theirs)[0])
  taken, left = [], []

  def choose(path, ours):
    name = jax.tree_util.keystr(path, simple=True, separator='/')
    fits = path in theirs and theirs[path].shape == ours.shape
    (taken if fits else left).append(name)
    return theirs[path] if fits else ours

  params = jax.tree_util.tree_map_with_path(choose, params)
  say(
    f'init     {len(taken)} tensors taken, {len(left)} not: '
    f'{", ".join(left[:6]) or "none"}{" ..." if len(left) > 6 else ""}'
  )
  return params
