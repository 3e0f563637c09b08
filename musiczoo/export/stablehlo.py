"""A model's sampler and net as StableHLO programs, in bytes.

Both are functions of the weights, by the names of model.safetensors, so that
these are on disk once. The numbers of pieces and of steps are symbols: one file
serves any, on CPU, CUDA and TPU.
"""

import jax
from jax import export
import jax.numpy as jnp
import numpy as np

from musiczoo.build import Pipeline
from musiczoo.export.weights import missing, nested, shapes
from musiczoo.models.model import ExportableModel, Model, OrderlessModel
from musiczoo.music import annotations
from musiczoo.nn.heads import Controls
from musiczoo.sampling.generate import with_candidates

PLATFORMS = ('cpu', 'cuda', 'tpu')
# Scalar controls of `sample`, and the dtypes of their arrays.
_SCALARS = {
  'temperature': np.float32,
  'top_k': np.int32,
  'top_p': np.float32,
  'min_p': np.float32,
}


def sampler(pipeline: Pipeline, weights: dict) -> bytes:
  """(weights, keys uint32 [b, 2], steps uint8 [t], controls) -> x int32 [b, t].

  Of `steps` only the length counts. `controls` are by name: scalars, `given`
  int32 [b, t, ...] and `known` bool [t, ...], `cond` int32 [b, t, columns]. A
  family that makes windows takes a window's steps or more.
  """
  model, shape = pipeline.model, pipeline.spec.shape
  b, t = _symbols(model.window or 1)

  def sample(weights, keys, steps, controls):
    keys = jax.random.wrap_key_data(keys, impl='threefry2x32')
    keys = with_candidates(keys, pipeline.sampling.phrase_candidates)
    given = Controls(**controls)
    return model.sample(nested(weights), keys, steps.shape[0], given)

  controls = {
    name: jax.ShapeDtypeStruct((), dtype)
    for name, dtype in _SCALARS.items()
    if name in model.controls
  }
  if takes_given(model):
    controls['given'] = jax.ShapeDtypeStruct((b, t, *shape), np.int32)
    controls['known'] = jax.ShapeDtypeStruct((t, *shape), bool)
  if 'cond' in model.controls:
    columns = len(annotations.COLUMNS)
    controls['cond'] = jax.ShapeDtypeStruct((b, t, columns), np.int32)
  keys = jax.ShapeDtypeStruct((b, 2), np.uint32)
  steps = jax.ShapeDtypeStruct((t,), np.uint8)
  return _bytes(sample, shapes(weights), keys, steps, controls)


def takes_given(model: Model) -> bool:
  """Whether cells of the music can be fixed."""
  return bool({'given', 'known'} & set(model.controls))


def step(pipeline: Pipeline, weights: dict) -> bytes:
  """(weights, inputs) -> outputs: the net without noise, both by name.

  That is the family's `Forward`; of `orderless`, which has none, the log
  probability of each cell given the known ones; of `structure`, which is several
  nets, and of `infill`, whose net takes whole pieces, the nats of each row, as
  `evaluate` adds them up.
  """
  model, shape = pipeline.model, pipeline.spec.shape
  b, t = _symbols(1)
  if model.window is not None:  # The steps of a window are no symbol.
    (b,), t = export.symbolic_shape('b', constraints=['b >= 1']), model.window
  x = jax.ShapeDtypeStruct((b, t, *shape), np.int32)
  if isinstance(model, ExportableModel):
    inputs, apply = model.forward.inputs(b, t), model.forward.apply
  elif isinstance(model, OrderlessModel):
    known = jax.ShapeDtypeStruct(x.shape, bool)
    real = jax.ShapeDtypeStruct((b, t), bool)
    inputs, apply = {'x': x, 'known': known, 'real': real}, _conditional(model)
    if 'cond' in model.controls:
      columns = len(annotations.COLUMNS)
      inputs['cond'] = jax.ShapeDtypeStruct((b, t, columns), np.int32)
  else:
    mask = jax.ShapeDtypeStruct((b, t), np.float32)
    columns = len(annotations.COLUMNS)
    cond = jax.ShapeDtypeStruct((b, t, columns), np.int32)
    inputs, apply = {'x': x, 'mask': mask, 'cond': cond}, _row_sums(model)

  def step(weights, inputs):
    return apply(nested(weights), inputs)

  return _bytes(step, shapes(weights), inputs)


def _conditional(model: OrderlessModel):
  def apply(params, inputs):
    parts = model.conditional(
      params, inputs['x'], inputs['known'], inputs['real'], inputs.get('cond')
    )
    return {f'log_prob_{name}': value for name, value in parts.items()}

  return apply


def _row_sums(model: Model):
  def sums(params, row):
    batch = {name: value[None] for name, value in row.items()}
    batch['row'], key = jnp.zeros(1, jnp.uint32), jax.random.key(0)
    return model.loss(params, batch, key, step=0, train=False)[0]

  return jax.vmap(sums, (None, 0))


def _symbols(least_steps):
  constraints = ['b >= 1', f't >= {least_steps}']
  return export.symbolic_shape('b, t', constraints=constraints)


def _bytes(function, *arguments):
  # Without the source location of each operation: the same bytes wherever
  # musiczoo is installed.
  before = jax.config.jax_traceback_in_locations_limit
  jax.config.update('jax_traceback_in_locations_limit', 0)
  try:
    exported = export.export(jax.jit(function), platforms=PLATFORMS)(*arguments)
    return bytes(exported.serialize())
  except ImportError as e:
    raise missing('A .jaxexport file', 'flatbuffers', 'export') from e
  finally:
    jax.config.update('jax_traceback_in_locations_limit', before)
