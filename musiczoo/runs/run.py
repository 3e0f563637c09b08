"""One run from start to end: a config and a workdir -> a trained model in it."""

from collections.abc import Callable
import contextlib
import functools
from typing import NamedTuple

import jax

from musiczoo import build
from musiczoo.data import corpus_digests
from musiczoo.data.pieces import Pieces
from musiczoo.errors import UserError
from musiczoo.evaluation.likelihood import make_validation, monitor_name
from musiczoo.runs import (
  ensembles,
  locks,
  pretrained,
  provenance,
  workdir as workdirs,
)
from musiczoo.training import (
  checkpoint,
  distributed,
  flops,
  journal,
  loop,
  memory,
  parallel,
)
from musiczoo.training.step import (
  eval_params,
  make_init,
  make_train_step,
  make_train_steps,
  parts,
  TrainState,
)


class RunResult(NamedTuple):
  """How a run ended.

  Attributes:
    state: on the host.
    step: of the state.
    stopped_by: the largest number that `stopping` gave on any process; 0 if the
      run came to its end.
  """

  state: TrainState
  step: int
  stopped_by: int


def fit(
  config: build.RunConfig,
  workdir,
  *,
  init_from: str | None = None,
  place: Callable | None = None,
  side_by_side: int = 1,
  stopping: Callable[[], int] = lambda: 0,
  reached: Callable[[int], None] = lambda step: None,
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
    side_by_side: runs in one program on them, this one among them.
    stopping: called between dispatches; a number that is not 0, such as that of a
      signal, saves and returns, on all processes.
    reached: called with the last step enqueued, before the next dispatch; on all
      processes.
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
  if distributed.first():
    build.warn_of_grid(config, pipeline)
  train = build.pieces(config, pipeline, corpus, 'train')
  valid = build.pieces(config, pipeline, corpus, 'valid')
  digests = corpus_digests.digests(corpus, ('train', 'valid'))
  prepared = _Prepared(
    config, pipeline, devices, train_steps, train, valid, digests, side_by_side
  )
  with contextlib.ExitStack() as stack:
    distributed.on_first(lambda: _lock(stack, workdir))
    watched = stopping, reached, report, say
    return _fit(prepared, workdir, init_from, watched)


def _lock(stack, workdir):
  stack.enter_context(locks.alone(workdir))


class _Prepared(NamedTuple):
  """All of a run that does not depend on its folder."""

  config: build.RunConfig
  pipeline: build.Pipeline
  devices: parallel.Parallel
  train_steps: Callable
  train: Pieces
  valid: Pieces
  digests: dict[str, str]
  side_by_side: int


def _fit(prepared, workdir, init_from, watched):
  """`fit` in a folder that is locked."""
  stopping, reached, report, say = watched
  config, pipeline, devices, train_steps, train, valid, digests, _ = prepared
  rows = devices.rows(config.batch_size)
  batch_at = build.batches(config, pipeline, train, rows)
  monitor = f'valid_{monitor_name(pipeline)}'
  run = distributed.on_first(lambda: _check(workdir, config, digests, monitor))
  say(_describe_data(config, devices, train, valid))
  new, amounts = _new(prepared, batch_at)
  state, step = _begin(new, workdir, run, init_from, say)
  # Only now: a refused run is left as it was.
  changes = distributed.on_first(
    lambda: _note(prepared, workdir, run, step, init_from, state)
  )
  if changes and step:
    say(f'note     {changes}')
  say(_describe_model(config, new.params, amounts))
  validate = make_validation(devices, pipeline, valid, config.batch_size)

  def evaluate(state):
    return {f'valid_{k}': v for k, v in validate(eval_params(state)).items()}

  def save(state, metrics):
    folder = workdirs.checkpoints(workdir)
    state = devices.fetch(state)
    checkpoint.save(folder, state, config.to_dict(), metrics, run=run)

  def restore():
    state, step = _begin(new, workdir, run, init_from, lambda line: None)
    return devices.replicate(state), step

  vote, stopped_by = distributed.Vote(devices), 0

  def stops():
    nonlocal stopped_by
    stopped_by = vote(stopping())
    return bool(stopped_by)

  callbacks = loop.Callbacks(
    train_steps=train_steps,
    batch_at=lambda step: batch_at(config.seed, step),
    evaluate=evaluate,
    save=save,
    fetch=devices.fetch,
    restore=restore,
    stopping=stops,
    reached=reached,
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
  return RunResult(devices.fetch(state), step, stopped_by)


def _check(workdir, config, digests, monitor):
  """The id of the run, if it may go on in this folder."""
  run = workdirs.check_same(workdir, config, digests)
  _check_comparable(workdir, monitor)
  return run


def _note(prepared, workdir, run, step, init_from, state):
  """Records this start; returns what the bits depend on and has changed."""
  is_invariant = bool(prepared.config.shards)
  changes = provenance.changes(workdir, is_invariant=is_invariant)
  workdirs.write_config(workdir, prepared.config, run, prepared.digests)
  provenance.note(workdir, step, init_from, state)
  found = ensembles.find(prepared.train, prepared.pipeline.spec)
  ensembles.write(workdir, found)
  return changes


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


def check_memory(config: build.RunConfig, runs: int) -> None:
  """Refuses runs side by side on one device that cannot fit, and runs none.

  Args:
    config: of one of them; the others differ in what changes no shape.
    runs: how many.

  Raises:
    UserError: they would need more memory than there is.
  """
  pipeline, corpus = build.pipeline(config), build.corpus(config)
  config, pipeline = build.with_statistics(config, pipeline, corpus)
  train = build.pieces(config, pipeline, corpus, 'train')
  batch = build.batches(config, pipeline, train)(config.seed, 0)
  _traced(config, pipeline, batch, 1, runs)


def _traced(config, pipeline, batch, devices, runs):
  """() -> the state of a new run, and the program of a step, if it fits."""
  optimizer = build.optimizer(config)
  init = make_init(pipeline.model, optimizer, ema_decay=config.ema_decay)
  init, key = jax.jit(init), jax.random.key(config.seed)
  one = jax.tree.map(lambda a: a[:1], batch)
  shapes = init.eval_shape(key, one)
  step = _make_step(config, pipeline)  # On one device, of this host's rows.
  program = jax.make_jaxpr(step)(shapes, batch).jaxpr
  dispatched = config.steps_per_dispatch
  memory.check_step(shapes, batch, program, dispatched, devices, runs)
  return functools.partial(init, key, one), program


def _new(prepared, batch_at):
  """The state of a new run, and the amounts of a step for `timing.jsonl`.

  Raises:
    UserError: the run would need more memory than there is.
  """
  config, pipeline, devices, *_, runs = prepared
  batch, processes = batch_at(config.seed, 0), jax.process_count()
  share = devices.devices // processes
  init, program = _traced(config, pipeline, batch, share, runs)
  rows = len(batch['x'])
  tokens = sum(pipeline.spec.num_decisions(p['x']) for p in parts(batch))
  return jax.device_get(init()), {
    'examples': rows * processes,
    'tokens': tokens * processes,
    'model_flops': flops.of_jaxpr(program) * processes,
  }


def _begin(state, workdir, run, init_from, say):
  """The first state and its step: restored, initialized from another, or new."""
  folder = workdirs.checkpoints(workdir)
  found = checkpoint.restore(folder, run=run, set_aside=True)
  if found is not None:
    tree, _, step = found
    say(f'resume   at step {step} from {folder}')
    if init_from is not None:
      say('init     --init_from is for a new run: not used')
    return checkpoint.conform(tree, state, origin=str(folder)), step
  for kind in 'damaged', 'other':
    if any(folder.glob(f'{kind}-*')):
      raise UserError(
        f'{folder} has only {kind} checkpoints: remove it to begin anew'
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
