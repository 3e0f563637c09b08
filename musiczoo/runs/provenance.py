"""Provenance: program versions and devices of each start of a run, `starts.jsonl`.

Bits are the same only with the same program, kind of device and thread pool.
"""

import os
import pathlib
import platform

import jax
import jaxlib

from musiczoo.data import dataset
from musiczoo.training import checkpoint, journal

STARTS = 'starts.jsonl'
# Environment variables that the bits depend on.
VARIABLES = ('PJRT_NPROC', 'XLA_FLAGS')


def note(workdir, step: int, init_from, state, corpus: str) -> None:
  """Adds a line.

  Args:
    step: the first one.
    init_from: the workdir that initialized a new run, or None.
    state: the first one, on the host.
    corpus: its name or path.
  """
  entry = {
    'step': step,
    'params_sha256': checkpoint.sha256(state.params),
    'init_from': None if init_from is None else str(init_from),
    'dataset': dataset.identity(pathlib.Path(corpus)),
    'python': platform.python_version(),
    'jax': jax.__version__,
    'jaxlib': jaxlib.__version__,
    'device': jax.devices()[0].device_kind,
    'devices': jax.device_count(),
    'processes': jax.process_count(),
    **{name: os.environ.get(name, '') for name in VARIABLES},
  }
  journal.append(workdir, STARTS, [entry])


def read(workdir) -> list[dict]:
  """All starts, oldest first."""
  return journal.read(workdir, STARTS)


def is_moved(workdir, corpus: str) -> bool:
  """Whether a corpus is the dataset of the last start, wherever it lay then."""
  found = dataset.identity(pathlib.Path(corpus))
  return found is not None and any(
    entry.get('dataset') == found for entry in read(workdir)[-1:]
  )
