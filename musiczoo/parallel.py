"""Functions of (replicated, batch, ...) -> the same over many devices.

The only file that says pmap, Mesh or sharding. A function to be compiled sees
its own slice of the batch and adds up over the axis `AXIS` by itself, so both
modes run the very same program.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
from jax.sharding import AxisType, NamedSharding, PartitionSpec as P
import numpy as np

from musiczoo.errors import UserError

AXIS = 'data'


class Parallel(NamedTuple):
  """How a run uses its devices.

  Attributes:
    devices: how many share a batch.
    compile: (function, *, batch_axis, donate) -> function. The first argument
      is replicated, the second's leaves are split along `batch_axis`, all
      others and the result are replicated.
    replicate: host tree -> tree on all devices.
    fetch: replicated tree -> host tree of NumPy arrays.
  """

  devices: int
  compile: Callable
  replicate: Callable
  fetch: Callable


def jit(devices) -> Parallel:
  """One program over a mesh of the devices."""
  mesh = jax.make_mesh(
      (len(devices),), (AXIS,), axis_types=(AxisType.Auto,), devices=devices
  )
  everywhere = NamedSharding(mesh, P())

  def compile(function, *, batch_axis=0, donate=False):
    split = P(*[None] * batch_axis, AXIS)

    # check_vma would add up the gradients of replicated parameters a second
    # time, and refuses custom derivatives.
    def sharded(replicated, batch, *rest):
      specs = (P(), split) + (P(),) * len(rest)
      return jax.shard_map(
          function, mesh=mesh, in_specs=specs, out_specs=P(), check_vma=False
      )(replicated, batch, *rest)

    compiled = jax.jit(sharded, donate_argnums=(0,) if donate else ())
    sharding = NamedSharding(mesh, split)

    def call(replicated, batch, *rest):
      return compiled(replicated, jax.device_put(batch, sharding), *rest)

    return call

  return Parallel(
      devices=len(devices),
      compile=compile,
      replicate=lambda tree: jax.device_put(tree, everywhere),
      fetch=jax.device_get,
  )


def pmap(devices) -> Parallel:
  """One program per device, each with its own copy of what is replicated."""

  def compile(function, *, batch_axis=0, donate=False):
    compiled = {}

    def call(replicated, batch, *rest):
      if len(rest) not in compiled:
        compiled[len(rest)] = jax.pmap(
            function,
            AXIS,
            in_axes=(0, batch_axis) + (None,) * len(rest),
            devices=devices,
            donate_argnums=(0,) if donate else (),
        )
      return compiled[len(rest)](
          replicated, jax.tree.map(split, batch), *rest
      )

    def split(a):
      shape = a.shape[:batch_axis] + (len(devices), -1)
      return a.reshape(*shape, *a.shape[batch_axis + 1 :])

    return call

  def replicate(tree):
    copies = lambda a: np.broadcast_to(a, (len(devices), *np.shape(a)))
    return jax.pmap(lambda a: a, devices=devices)(jax.tree.map(copies, tree))

  return Parallel(
      devices=len(devices),
      compile=compile,
      replicate=replicate,
      fetch=lambda tree: jax.tree.map(lambda a: np.asarray(a[0]), tree),
  )


MODES = {'jit': jit, 'pmap': pmap}


def check_divides(batch_size: int, devices: int, microbatches: int) -> None:
  """Refuses a batch that can't be shared out evenly."""
  if batch_size % (devices * microbatches):
    raise UserError(
        f'batch_size {batch_size} is not a multiple of {devices} devices x '
        f'{microbatches} microbatches: set --config.batch_size='
        f'{-(-batch_size // (devices * microbatches)) * devices * microbatches}'
    )
