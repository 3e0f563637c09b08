"""Functions of (replicated, batch, ...) over many devices, and sums over them.

The only file with pmap, Mesh or sharding. A function that is compiled here gets
its own slice of the batch and adds up over the axis `AXIS` itself, so both modes
run the same program.
"""

from collections.abc import Callable
import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import AxisType, NamedSharding, PartitionSpec as P
import numpy as np

from musiczoo.errors import UserError

AXIS = 'data'
# Parts of a batch in the device-invariant mode: as many however many devices
# share it, which is what makes the same sums in the same order.
SHARDS = 8


class Parallel(NamedTuple):
  """How a run uses its devices.

  Attributes:
    devices: how many share a batch, of all processes.
    rows: size of a global batch -> the slice of its rows this process feeds.
    compile: (function, *, batch_axis, donate) -> function. The first argument
      is replicated, the second's leaves are this process's rows and are split
      along `batch_axis`, all others and the result are replicated.
    replicate: host tree -> tree on all devices.
    fetch: replicated tree -> host tree of NumPy arrays.
  """

  devices: int
  rows: Callable
  compile: Callable
  replicate: Callable
  fetch: Callable

  def own(self, batch):
    """Of a global batch the rows of this process."""
    return jax.tree.map(lambda a: a[self.rows(len(a))], batch)


def jit(devices) -> Parallel:
  """One program over a mesh of the devices."""
  mesh = _mesh(devices)
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
    rows = NamedSharding(mesh, split)

    def call(replicated, batch, *rest):
      batch = jax.tree.map(lambda a: _place(a, rows), batch)
      rest = jax.tree.map(lambda a: _place(a, everywhere), rest)
      # What is copied to the device is copied above, and nothing else.
      with jax.transfer_guard_host_to_device('disallow'):
        return compiled(replicated, batch, *rest)

    return call

  return Parallel(
    devices=len(devices),
    rows=lambda size: _rows(devices, size),
    compile=compile,
    replicate=lambda tree: jax.device_put(tree, everywhere),
    fetch=jax.device_get,
  )


def pmap(devices) -> Parallel:
  """One program per device, each with its own copy of what is replicated."""
  ours = len(_own(devices))

  def compile(function, *, batch_axis=0, donate=False):
    @functools.cache
    def compiled(num_rest):
      return jax.pmap(
        function,
        AXIS,
        in_axes=(0, batch_axis) + (None,) * num_rest,
        devices=devices,
        donate_argnums=(0,) if donate else (),
      )

    def call(replicated, batch, *rest):
      return compiled(len(rest))(replicated, jax.tree.map(place, batch), *rest)

    def place(a):
      shape = a.shape[:batch_axis] + (ours, -1)
      return a.reshape(*shape, *a.shape[batch_axis + 1 :])

    return call

  def replicate(tree):
    copies = lambda a: np.broadcast_to(a, (ours, *np.shape(a)))
    return jax.pmap(lambda a: a, devices=devices)(jax.tree.map(copies, tree))

  def fetch(tree):
    return jax.tree.map(
      lambda a: np.asarray(a.addressable_shards[0].data[0]), tree
    )

  return Parallel(
    devices=len(devices),
    rows=lambda size: _rows(devices, size),
    compile=compile,
    replicate=replicate,
    fetch=fetch,
  )


MODES = {'jit': jit, 'pmap': pmap}


def split(batch, parts: int):
  """Cuts the rows of a batch into equal parts: leaves [B, ...] -> [parts, ...]."""
  return jax.tree.map(lambda a: a.reshape(parts, -1, *a.shape[1:]), batch)


def sum_over_batch(function, batch, step, *, axis: str | None, shards: int):
  """function(batch), a tree of sums, summed over the devices of an axis.

  With `shards` the batch is cut into so many parts, whatever the number of
  devices: `function` is called on one part at a time, and all devices gather
  the sums of all parts and add them up in the same order. So the bits are the
  same on any number of devices, at the cost of memory for `shards` results.

  Args:
    batch: the rows of this device.
    step: any traced integer >= 0.
    axis: of the devices; None is one device.
    shards: a multiple of the number of devices, or 0.
  """
  if not shards:
    total = function(batch)
    return total if axis is None else jax.lax.psum(total, axis)
  own = shards if axis is None else shards // jax.lax.axis_size(axis)
  # One part, or a loop of one round, is compiled to another program with other
  # last bits. So there are at least two parts, and the number of rounds is known
  # at run time only.
  num = max(own, 2)
  parts = jax.tree.map(
    lambda a: jnp.resize(a, (num, *a.shape[1:])), split(batch, own)
  )

  def sums_of(i):
    return function(jax.tree.map(lambda a: a[i], parts))

  def put(i, each):
    return jax.tree.map(lambda e, s: e.at[i].set(s), each, sums_of(i))

  each = jax.tree.map(
    lambda s: jnp.zeros((num, *s.shape), s.dtype), jax.eval_shape(sums_of, 0)
  )
  each = jax.lax.fori_loop(0, jnp.where(step < 0, 0, own), put, each)
  each = jax.tree.map(lambda e: e[:own], each)
  if axis is not None:
    each = jax.lax.all_gather(each, axis, tiled=True)
  zero = jax.tree.map(lambda a: jnp.zeros(a.shape[1:], a.dtype), each)
  add = lambda total, part: (jax.tree.map(jnp.add, total, part), ())
  return jax.lax.scan(add, zero, each)[0]


def everywhere() -> NamedSharding:
  """The sharding of an array that every device of every process has."""
  return NamedSharding(_mesh(jax.devices()), P())


def _mesh(devices):
  return jax.make_mesh(
    (len(devices),), (AXIS,), axis_types=(AxisType.Auto,), devices=devices
  )


def _place(a, sharding):
  """An array, of which this process has its part, on the devices."""
  if jax.process_count() == 1:
    return jax.device_put(a, sharding)
  return jax.make_array_from_process_local_data(sharding, a)


def _own(devices):
  return [d for d in devices if d.process_index == jax.process_index()]


def _rows(devices, size):
  own = len(_own(devices))
  share = size * own // len(devices)
  return slice(jax.process_index() * share, (jax.process_index() + 1) * share)


def check_divides(
  batch_size: int, devices: int, microbatches: int, shards: int
) -> None:
  """Refuses a batch that cannot be divided evenly.

  Args:
    shards: of the device-invariant mode; 0 in the other.
  """
  if shards % devices:
    raise UserError(
      f'--reproducible=device_invariant cuts a batch into {shards} shards, '
      f'which {devices} devices cannot share: use 1, 2, 4 or 8'
    )
  parts = (shards or devices) * microbatches
  if batch_size % parts:
    raise UserError(
      f'batch_size {batch_size} is not a multiple of '
      f'{f"{shards} shards" if shards else f"{devices} devices"} x '
      f'{microbatches} microbatches: set --config.batch_size='
      f'{-(-batch_size // parts) * parts}'
    )
