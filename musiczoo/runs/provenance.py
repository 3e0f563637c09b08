"""Where a run was begun, and gone on with -> lines of `starts.jsonl`.

Bits are the same only where the program, the kind of device and the pool of
threads are; here it stands which they were.
"""

import os
import platform

import jax
import jaxlib

from musiczoo.training import checkpoint, journal

STARTS = 'starts.jsonl'
# What of the environment the bits depend on.
VARIABLES = ('PJRT_NPROC', 'XLA_FLAGS')


def note(workdir, step: int, init_from, state) -> None:
  """Adds a line.

  Args:
    step: from which on it was.
    init_from: the workdir whose parameters a new run began with, or None.
    state: what it began with, on the host.
  """
  journal.append(
    workdir,
    STARTS,
    [
      {
        'step': step,
        'params_sha256': checkpoint.sha256(state.params),
        'init_from': None if init_from is None else str(init_from),
        'python': platform.python_version(),
        'jax': jax.__version__,
        'jaxlib': jaxlib.__version__,
        'device': jax.devices()[0].device_kind,
        'devices': jax.device_count(),
        'processes': jax.process_count(),
        **{name: os.environ.get(name, '') for name in VARIABLES},
      }
    ],
  )


def read(workdir) -> list[dict]:
  """All of them, oldest first."""
  return journal.read(workdir, STARTS)
