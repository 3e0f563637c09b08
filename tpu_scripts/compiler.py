"""A topology's name walks in; its chips, for the TPU's compiler alone, walk out."""

import os

import jax
from jax.experimental import topologies

# Where libtpu finds no TPU it would look for one at length; and it would keep
# other processes out, though nothing here touches a chip.
ALONE = {
    'TPU_SKIP_MDS_QUERY': '1',
    'TPU_WORKER_HOSTNAMES': 'localhost',
    'ALLOW_MULTIPLE_LIBTPU_LOAD': '1',
}


def chips(topology: str) -> list[jax.Device]:
  """Devices such as v5e:2x2 has, to compile for; they can't run anything.

  Needs libtpu (`pip install 'jax[tpu]'`) and no TPU.
  """
  jax.config.update('jax_platforms', 'cpu')
  os.environ.update(ALONE)
  return topologies.get_topology_desc(topology, platform='tpu').devices
