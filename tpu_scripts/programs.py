"""Train steps and samplers of a config, lowered for devices that may be absent."""

from collections.abc import Callable
from typing import NamedTuple

import jax
from jax.sharding import (
  AxisType,
  NamedSharding,
  PartitionSpec as P,
  SingleDeviceSharding,
)
import numpy as np

from musiczoo import build
from musiczoo.data.batches import make_batch_at
from musiczoo.data.pieces import pack
from musiczoo.music import annotations
from musiczoo.nn.heads import Controls
from musiczoo.sampling import generate
from musiczoo.training import parallel
from musiczoo.training.step import eval_params, make_init, make_train_step

PIECES, STEPS = 8, 256  # The defaults of `experiments.generate`.


class Program(NamedTuple):
  """A function, lowered for all chips, and its part for one of them.

  Attributes:
    lowered: to be compiled.
    function: what one chip does.
    args: its arguments there, as shapes.
    axes: names and sizes of the axes that it adds up over.
    rounds: of a loop whose end is known at run time only.
  """

  lowered: jax.stages.Lowered
  function: Callable
  args: tuple
  axes: dict[str, int]
  rounds: int = 1


def train(config: build.RunConfig, devices, mode: str) -> Program:
  """The train step of a config, its batch shared by all devices.

  Where there are more devices than rows, each gets one.
  """
  rows = -(-config.batch_size // len(devices)) * len(devices)
  step, state, batch = step_of(config, rows)
  part = _part(batch, len(devices))
  if mode == 'jit':
    compiled = parallel.jit(devices).compile(step, donate=True)
    mesh = jax.make_mesh(
      (len(devices),),
      (parallel.AXIS,),
      axis_types=(AxisType.Auto,),
      devices=devices,
    )
    lowered = jax.jit(compiled, donate_argnums=0).lower(
      on(state, NamedSharding(mesh, P())),
      on(batch, NamedSharding(mesh, P(parallel.AXIS))),
    )
  else:  # What `parallel.pmap` makes can't be lowered ahead of its first call.
    compiled = jax.pmap(step, parallel.AXIS, devices=devices, donate_argnums=0)
    lowered = compiled.lower(*stacked((state, part), len(devices)))
  return Program(lowered, step, (state, part), {parallel.AXIS: len(devices)})


def step_of(
  config: build.RunConfig, rows: int, axis: str | None = parallel.AXIS
):
  """(train_step, a state's shapes, a batch's) of a config."""
  pipeline, optimizer = build.pipeline(config), build.optimizer(config)
  batch = _batch(config, pipeline, rows)
  init = make_init(pipeline.model, optimizer, ema_decay=config.ema_decay)
  state = jax.eval_shape(
    init, jax.random.key(0), jax.tree.map(lambda a: a[:1], batch)
  )
  step = make_train_step(
    pipeline.model,
    optimizer,
    microbatches=config.microbatches,
    ema_decay=config.ema_decay,
    axis=axis,
  )
  return step, state, jax.eval_shape(lambda: batch)


def sample(config: build.RunConfig, device) -> Program:
  """The sampler of a config, on one device."""
  model = build.pipeline(config).model
  _, state, _ = step_of(config, 1)
  controls = Controls()
  if 'cond' in model.controls:
    shape = PIECES, STEPS, len(annotations.COLUMNS)
    controls = controls._replace(cond=jax.ShapeDtypeStruct(shape, np.int16))
  keys = jax.eval_shape(lambda: generate.piece_keys(0, PIECES))

  def write(params, keys, controls):
    return model.sample(params, keys, STEPS, controls)

  args = eval_params(state), keys, controls
  lowered = jax.jit(write).lower(*on(args, SingleDeviceSharding(device)))
  # Of `orderless`, which counts the holes first; here everything is one.
  sweeps = config.model.get('sweeps', 1)
  return Program(lowered, write, args, {}, sweeps)


def _batch(config, pipeline, rows):
  """A batch of silence, shaped as in training."""
  spec = pipeline.spec
  x = np.zeros((config.window, *spec.shape), spec.dtype)
  cond = None
  if pipeline.annotate:
    cond = [np.zeros((len(x), len(annotations.COLUMNS)), np.int16)] * rows
  pieces = pack([x] * rows, cond)
  return make_batch_at(pieces, batch_size=rows, window=len(x))(0, 0)


def on(tree, sharding):
  """Shapes with a sharding; numbers stay numbers."""
  return jax.tree.map(
    lambda a: (
      jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=sharding)
      if hasattr(a, 'shape')
      else a
    ),
    tree,
  )


def _part(batch, num):
  """One device's rows of a batch."""
  return jax.tree.map(
    lambda a: jax.ShapeDtypeStruct((a.shape[0] // num, *a.shape[1:]), a.dtype),
    batch,
  )


def stacked(tree, num):
  """As many of each along a first axis."""
  return jax.tree.map(
    lambda a: jax.ShapeDtypeStruct((num, *a.shape), a.dtype), tree
  )
