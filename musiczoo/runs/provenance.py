"""Provenance: program versions and devices of each start of a run, `starts.jsonl`.

Bits are the same only with the same program, kind of device and thread pool.
"""

import os
import platform

import jax
import jaxlib

from musiczoo.training import checkpoint, journal

STARTS = 'starts.jsonl'
# Environment variables that the bits depend on.
VARIABLES = ('PJRT_NPROC', 'XLA_FLAGS')


def note(workdir, step: int, init_from, state) -> None:
  """Adds a line.

  Args:
    step: the first one.
    init_from: the workdir that initialized a new run, or None.
    state: the first one, on the host.
  """
  entry = {
    'step': step,
    'params_sha256': checkpoint.sha256(state.params),
    'init_from': None if init_from is None else str(init_from),
    **_circumstances(),
  }
  journal.append(workdir, STARTS, [entry])


def read(workdir) -> list[dict]:
  """All starts, oldest first.

  Raises:
    UserError: as of `journal.read`.
  """
  return journal.read(workdir, STARTS, _is_start)


def changes(workdir, *, is_invariant: bool) -> str:
  """What the bits depend on and differs from the last start; '' if nothing.

  Args:
    is_invariant: whether the bits are those of any number of devices.
  """
  starts = read(workdir)
  free = {'python', *(('devices', 'processes') if is_invariant else ())}
  here = {k: v for k, v in _circumstances().items() if k not in free}
  differ = [
    f'{name} {value}, before {starts[-1][name]}'
    for name, value in here.items()
    if starts and name in starts[-1] and starts[-1][name] != value
  ]
  if not differ:
    return ''
  return (
    f'{"; ".join(differ)}: the run goes on to other bits than it would have had'
  )


def _circumstances():
  """Of programs and devices, all that the bits depend on, and Python."""
  return {
    'python': platform.python_version(),
    'jax': jax.__version__,
    'jaxlib': jaxlib.__version__,
    'device': jax.devices()[0].device_kind,
    'devices': jax.device_count(),
    'processes': jax.process_count(),
    **{name: os.environ.get(name, '') for name in VARIABLES},
  }


def _is_start(entry):
  """Whether a line has all that a repetition needs."""
  init_from = entry.get('init_from')
  return (
    journal.is_step(entry.get('step'))
    and isinstance(entry.get('params_sha256'), str)
    and (init_from is None or isinstance(init_from, str))
  )
