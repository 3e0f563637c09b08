"""TPU topologies to compile for without a TPU, and what their chips can do."""

import importlib.util
import os
from typing import NamedTuple

import jax
from jax.experimental import topologies


class Chip(NamedTuple):
  """The specification of a chip.

  Attributes:
    peak: FLOP/s in bfloat16, of which float32 matmuls are composed.
    bandwidth: bytes/s to its memory.
    memory: bytes.
    clock: cycles/s.
  """

  peak: float
  bandwidth: float
  memory: float
  clock: float


# docs.cloud.google.com/tpu/docs/v4, v5e, v5p, v6e; the clock follows from the peak
# of the matrix units. A v4 has two cores that work as one; without a chip the
# compiler takes them as two devices, so here it is one core of each.
CHIPS = {
  'v4': Chip(137.5e12, 0.614e12, 16e9, 1.05e9),
  'v5e': Chip(197e12, 0.819e12, 16e9, 1.5e9),
  'v5p': Chip(459e12, 2.765e12, 95e9, 1.75e9),
  'v6e': Chip(918e12, 1.64e12, 32e9, 1.75e9),
}
# Four chips, and slices of 256.
TOPOLOGIES = ('v4:2x2x1', 'v5e:2x2', 'v5p:2x2x1', 'v6e:2x2')
SLICES = ('v4:4x8x8', 'v5e:16x16', 'v5p:4x8x8', 'v6e:16x16')

# Without these libtpu searches long for a TPU, and locks out other processes.
ALONE = {
  'TPU_SKIP_MDS_QUERY': '1',
  'TPU_WORKER_HOSTNAMES': 'localhost',
  'ALLOW_MULTIPLE_LIBTPU_LOAD': '1',
}


def of(topology: str) -> list[jax.Device]:
  """Devices of a topology such as v5e:2x2, to compile for, not to run.

  Needs libtpu and no TPU; exits with a message without libtpu.
  """
  if importlib.util.find_spec('libtpu') is None:
    raise SystemExit("the TPU's compiler is missing: pip install -e '.[tpu]'")
  jax.config.update('jax_platforms', 'cpu')
  os.environ.update(ALONE)
  devices = topologies.get_topology_desc(topology, platform='tpu').devices
  return [device for device in devices if device.core_on_chip == 0]
