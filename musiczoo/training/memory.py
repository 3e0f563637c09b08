"""The memory that a run needs at least, beside the memory that there is."""

from collections.abc import Mapping
import math
import os
import pathlib

import jax
from jax.extend import core

from musiczoo.errors import UserError

# What these take and give is in memory, whatever the compiler fuses.
_WHOLE = 'dot_general', 'conv_general_dilated', 'scan', 'pallas_call'
# Limits of a container, where there is one.
_LIMITS = (
  '/sys/fs/cgroup/memory.max',
  '/sys/fs/cgroup/memory/memory.limit_in_bytes',
)


def check(needs: Mapping[str, float], have: int, advice: str) -> None:
  """Raises UserError if the bytes that are needed are more than there are.

  Args:
    needs: bytes, by what they are of.
    have: bytes of a device.
    advice: the way out, for the message.
  """
  if sum(needs.values()) > have:
    parts = ', '.join(f'{_text(size)} {of}' for of, size in needs.items())
    raise UserError(
      f'{_text(sum(needs.values()))} of memory are needed at least, and there '
      f'are {_text(have)}: {parts}; {advice}'
    )


def check_step(
  state, batch, program, dispatched: int, devices: int, runs: int = 1
) -> None:
  """Refuses a run that cannot fit, before any of it is on a device.

  Args:
    state: a TrainState, of arrays or their shapes.
    batch: of this process.
    program: the jaxpr of a train step on it.
    dispatched: steps, and batches, in one call of the device.
    devices: how many this process uses.
    runs: how many of the like are side by side in one program.

  Raises:
    UserError: it would need more memory than there is.
  """
  side_by_side = f' of {runs} runs' if runs > 1 else ''
  advice = 'lower --together, ' if runs > 1 else 'lower '
  needs = {
    'for parameters and optimizer': size(state),
    f'for {dispatched} batches': size(batch) * dispatched / devices,
    # When the last gradients are there most activations are not needed any more.
    'for activations and gradients': max(
      peak(program) / devices, size(state.params)
    ),
  }
  check(
    {f'{of}{side_by_side}': runs * each for of, each in needs.items()},
    available(devices),
    f'{advice}--config.model.hidden, --config.batch_size, --config.window or '
    '--config.steps_per_dispatch',
  )


def available(devices: int) -> int:
  """Bytes of each device that is used.

  Args:
    devices: how many this process uses; on CPUs they share the memory.
  """
  stats = jax.local_devices()[0].memory_stats() or {}
  if 'bytes_limit' in stats:
    return stats['bytes_limit']
  return _host() // devices


def _host():
  sizes = [os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')]
  for path in map(pathlib.Path, _LIMITS):
    text = path.read_text().strip() if path.exists() else ''
    sizes += [int(text)] if text.isdecimal() else []
  return min(sizes)


def size(tree) -> int:
  """Bytes of the arrays, or of their shapes, in a tree."""
  return sum(_bytes(a.shape, a.dtype) for a in jax.tree.leaves(tree))


def peak(jaxpr) -> int:
  """Bytes of what the largest operation of a program takes and gives.

  A lower bound of what the program needs: matrix products, convolutions and
  loops read and write whole arrays.
  """
  most = 0
  for eqn in jaxpr.eqns:
    if eqn.primitive.name in _WHOLE:
      avals = {id(v): v.aval for v in [*eqn.invars, *eqn.outvars]}
      most = max(most, sum(_bytes(a.shape, a.dtype) for a in avals.values()))
    inner = core.jaxprs_in_params(eqn.params)
    most = max([most, *map(peak, inner)])
  return most


def _text(num):
  return f'{num / 1e9:,.1f} GB'


def _bytes(shape, dtype):
  return math.prod(shape) * getattr(dtype, 'itemsize', 8)
