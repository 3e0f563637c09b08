"""Many processes <-> one run: who they are, and what they agree on.

All of them run the same program on the same numbers; the first writes. Where
there is only one process, all of this does nothing.
"""

from collections.abc import Iterator
import contextlib
import json
import pathlib
import tempfile

import jax
from jax.experimental import multihost_utils
import numpy as np

from musiczoo.errors import UserError

# Seconds without a sign of life after which a process counts as dead.
PATIENCE = 10


def join(
  coordinator: str | None, num_processes: int | None, process_id: int | None
) -> None:
  """Meets the other processes, before anything else is asked of jax.

  Args:
    coordinator: host:port of the first; None where the cluster tells, as TPU
      pods and SLURM do.
  """
  try:
    jax.distributed.initialize(
      coordinator,
      num_processes,
      process_id,
      heartbeat_timeout_seconds=PATIENCE,
      initialization_timeout=300,
    )
  except (ValueError, RuntimeError) as e:
    raise UserError(
      f'--coordinator={coordinator}: the processes did not find each other '
      f'({str(e).splitlines()[0][:160]}): give all of them the same host:port '
      'and --num_processes, and each its own --process_id from 0 on'
    ) from e


def first() -> bool:
  """Whether this process is the one that writes."""
  return jax.process_index() == 0


def agree(value):
  """What the first process says, whatever the others hold: anything of JSON."""
  if jax.process_count() == 1:
    return value
  text = np.frombuffer(json.dumps(value).encode(), np.uint8)
  length = multihost_utils.broadcast_one_to_all(np.int32(text.size))
  padded = np.zeros(length, np.uint8)
  padded[: text.size] = text[:length]
  told = multihost_utils.broadcast_one_to_all(padded)
  return json.loads(np.asarray(told).tobytes())


def any_of(value: bool) -> bool:
  """Whether it is so for one of them at least."""
  if jax.process_count() == 1:
    return value
  return bool(multihost_utils.process_allgather(np.asarray(value)).any())


def wait(where: str) -> None:
  """Until all have come to this place."""
  if jax.process_count() > 1:
    multihost_utils.sync_global_devices(where)


@contextlib.contextmanager
def folder(workdir, names: tuple[str, ...]) -> Iterator[pathlib.Path]:
  """The folder to write journals to: the run's, or a shadow of it.

  The processes that don't write do as the first all the same, in a folder of
  their own that begins with the same files and is thrown away.

  Args:
    names: of those files, where they are there.
  """
  own = pathlib.Path(workdir)
  paths = [own / name for name in names]
  texts = agree(
    [p.read_text() if p.exists() else None for p in paths] if first() else None
  )
  if first():
    yield own
    return
  with tempfile.TemporaryDirectory() as shadow:
    for name, text in zip(names, texts):
      if text is not None:
        pathlib.Path(shadow, name).write_text(text)
    yield pathlib.Path(shadow)
