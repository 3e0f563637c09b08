"""A topology's name walks in; chips for the TPU's compiler alone walk out."""

import importlib.util
import os
from typing import NamedTuple

import jax
from jax.experimental import topologies


class Chip(NamedTuple):
  """A chip, as the maker describes it.

  Attributes:
    peak: FLOP/s in bfloat16, which float32 matmuls are made of too.
    bandwidth: bytes/s to its memory.
    memory: bytes.
    clock: cycles/s.
  """

  peak: float
  bandwidth: float
  memory: float
  clock: float


# docs.cloud.google.com/tpu/docs/v4, v5e, v5p, v6e; the clock is what makes the
# peak of its matrix units. A v4 is two cores that work as one; without a chip to
# ask the compiler takes them as two devices, so here it is one core of each.
CHIPS = {
  'v4': Chip(137.5e12, 0.614e12, 16e9, 1.05e9),
  'v5e': Chip(197e12, 0.819e12, 16e9, 1.5e9),
  'v5p': Chip(459e12, 2.765e12, 95e9, 1.75e9),
  'v6e': Chip(918e12, 1.64e12, 32e9, 1.75e9),
}
# Four chips, and slices of 256.
TOPOLOGIES = ('v4:2x2x1', 'v5e:2x2', 'v5p:2x2x1', 'v6e:2x2')
SLICES = ('v4:4x8x8', 'v5e:16x16', 'v5p:4x8x8', 'v6e:16x16')

# Where libtpu finds no TPU it would look for one at length; and it would keep
# other processes out, though nothing here touches a chip.
ALONE = {
  'TPU_SKIP_MDS_QUERY': '1',
  'TPU_WORKER_HOSTNAMES': 'localhost',
  'ALLOW_MULTIPLE_LIBTPU_LOAD': '1',
}


def of(topology: str) -> list[jax.Device]:
  """Devices such as v5e:2x2 has, to compile for; they can't run anything.

  Needs libtpu and no TPU; without libtpu says so and exits.
  """
  if importlib.util.find_spec('libtpu') is None:
    raise SystemExit("the TPU's compiler is missing: pip install -e '.[tpu]'")
  jax.config.update('jax_platforms', 'cpu')
  os.environ.update(ALONE)
  devices = topologies.get_topology_desc(topology, platform='tpu').devices
  return [device for device in devices if device.core_on_chip == 0]
