"""One run in many processes: joining, agreeing, waiting for each other.

All processes run the same program on the same numbers; the first writes files.
With one process all of this does nothing.
"""

from collections.abc import Callable, Iterator
import contextlib
import json
import pathlib
import socket
import tempfile
import time
from typing import Any

import jax
from jax.experimental import multihost_utils
import numpy as np

from musiczoo.errors import UserError
from musiczoo.music import files
from musiczoo.training import parallel

# Seconds without a sign of life after which a process counts as dead.
PATIENCE = 10
START = 300  # Seconds in which all processes have to be started.
# In the message of a collective, or of a barrier, whose other end is gone.
_LOST = (
  'Gloo',
  'UNAVAILABLE',
  'ABORTED',
  'DEADLINE_EXCEEDED',
  'Connection',
  'Timeout waiting at barrier',
)


def join(
  coordinator: str | None, num_processes: int | None, process_id: int | None
) -> None:
  """Joins the other processes; to be called before anything else of jax.

  Args:
    coordinator: host:port of the first; None where jax asks the cluster, as
      on TPU pods and SLURM.
  """
  if coordinator is not None:
    _check_port(coordinator, process_id)
  # On CPUs programs that are enqueued run at once, whatever comes before them, and
  # the sums of one over all processes would meet those of another.
  jax.config.update('jax_cpu_enable_async_dispatch', False)
  try:
    jax.distributed.initialize(
      coordinator,
      num_processes,
      process_id,
      heartbeat_timeout_seconds=PATIENCE,
      initialization_timeout=START,
    )
  except (ValueError, RuntimeError) as e:
    raise UserError(
      f'--coordinator={coordinator}: the processes did not find each other '
      f'({str(e).splitlines()[0][:160]}): give all of them the same host:port '
      'and --num_processes, and each its own --process_id from 0 on'
    ) from e


def _check_port(coordinator, process_id):
  """Refuses a port that another program has: the runtime would crash or wait.

  The first process tries to bind it. The others wait until the runtime of the
  first answers, which begins with a SETTINGS frame of HTTP/2.
  """
  host, _, port = coordinator.rpartition(':')
  if not port.isdecimal() or not 0 < int(port) < 2**16:
    raise UserError(
      f'--coordinator={coordinator}: give HOST:PORT, as in 10.0.0.1:1234'
    )
  if process_id == 0:
    with socket.socket() as s:
      s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
      try:
        s.bind(('', int(port)))
      except OSError as e:
        raise UserError(
          f'--coordinator={coordinator}: the port cannot be used ({e.strerror}): '
          'give all processes another one'
        ) from e
    return
  deadline = time.monotonic() + START
  while (answer := _answer(host, int(port))) is None:
    if time.monotonic() > deadline:
      raise UserError(
        f'--coordinator={coordinator}: process 0 does not answer there: start '
        'it, and give all processes the same address'
      )
    time.sleep(0.2)
  if answer[3:4] != b'\x04':
    raise UserError(
      f'--coordinator={coordinator}: another program has the port: give all '
      'processes another one'
    )


def _answer(host, port):
  """The first bytes that are received; b'' after a while; None if none can be."""
  try:
    with socket.create_connection((host.strip('[]'), port), timeout=10) as s:
      try:
        return s.recv(9) or None
      except TimeoutError:
        return b''
  except OSError:  # It may be that it has not been started yet.
    return None


def connect() -> None:
  """Connects all devices of all processes, by sums over them.

  The first program that needs such a connection waits 30 s for it. On a busy
  machine processes may be further apart when they have compiled their first
  step than they are here, where they have just joined.
  """
  wait('connect')
  devices = parallel.jit(jax.devices())
  add = devices.compile(lambda _, ones: jax.lax.psum(ones.sum(), parallel.AXIS))
  zero = devices.replicate(np.float32(0))
  devices.fetch(add(zero, np.ones(jax.local_device_count())))


def first() -> bool:
  """Whether this process is the one that writes."""
  return jax.process_index() == 0


def agree(value):
  """The value of the first process, on all of them; anything of JSON."""
  if jax.process_count() == 1:
    return value
  text = np.frombuffer(json.dumps(value).encode(), np.uint8)
  length = multihost_utils.broadcast_one_to_all(np.int32(text.size))
  padded = np.zeros(length, np.uint8)
  padded[: text.size] = text[:length]
  padded = multihost_utils.broadcast_one_to_all(padded)
  return json.loads(np.asarray(padded).tobytes())


def on_first(function: Callable[[], Any]) -> Any:
  """What the function returns on the first process, on all of them.

  Args:
    function: called there alone; it returns anything of JSON.

  Raises:
    UserError: it raised one there; all processes raise it.
  """
  value, message = None, None
  if first():
    try:
      value = function()
    except UserError as e:
      if jax.process_count() == 1:
        raise
      message = str(e)
  value, message = agree([value, message])
  if message is not None:
    raise UserError(message)
  return value


class Vote:
  """The largest number of all processes, as of the call before.

  So no device waits: a vote is enqueued behind the dispatch in progress, and read
  when the next has been enqueued, too.
  """

  def __init__(self, devices: parallel.Parallel):
    self._devices = devices
    self._before = None
    self._largest = devices.compile(
      lambda _, votes: jax.lax.pmax(votes.max(), parallel.AXIS)
    )

  def __call__(self, value: int) -> int:
    """Votes; of one process, the value itself."""
    if jax.process_count() == 1:
      return int(value)
    votes = np.full(jax.local_device_count(), value, np.int32)
    vote = self._largest(self._devices.replicate(np.int32(0)), votes)
    before, self._before = self._before, vote
    return 0 if before is None else int(self._devices.fetch(before))


def is_lost(error: BaseException) -> bool:
  """Whether an error, or what caused it, is that another process is gone."""
  if jax.process_count() == 1:
    return False
  while error is not None:
    # Of the disk, for example; a barrier's error has no number.
    is_ours = isinstance(error, UserError) or getattr(error, 'errno', None)
    if not is_ours and any(word in str(error) for word in _LOST):
      return True
    error = error.__cause__ or error.__context__
  return False


def wait(where: str) -> None:
  """Waits until all processes are at this place."""
  if jax.process_count() > 1:
    multihost_utils.sync_global_devices(where)


@contextlib.contextmanager
def folder(workdir, names: tuple[str, ...]) -> Iterator[pathlib.Path]:
  """The folder to write journals to: the run's, or a temporary copy.

  All processes but the first write to a temporary folder, which begins with
  copies of the same files.

  Args:
    names: of the files that are copied, if they exist.
  """
  own = pathlib.Path(workdir)
  if jax.process_count() == 1:
    yield own
    return
  # Damaged bytes are found by who reads the copy, as by who reads the original.
  coding = {'encoding': 'utf-8', 'errors': 'surrogateescape'}
  texts = on_first(
    lambda: [
      files.read_bytes(own / name).decode(**coding)
      if (own / name).exists()
      else None
      for name in names
    ]
  )
  if first():
    yield own
    return
  with tempfile.TemporaryDirectory() as shadow:
    for name, text in zip(names, texts):
      if text is not None:
        pathlib.Path(shadow, name).write_bytes(text.encode(**coding))
    yield pathlib.Path(shadow)
