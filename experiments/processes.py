"""Flags of a run in many processes, and this process as one of them.

The runtime aborts a process when another has died, with many lines of output. So
each is forked from one that only waits for it, and that ends with status 75
(EX_TEMPFAIL) and one line: start all of them again.
"""

import contextlib
import ctypes
import logging
import os
import pathlib
import signal
import sys
import tempfile
import threading
import traceback

from absl import flags

from musiczoo.errors import printable, UserError

from . import signals

COORDINATOR = flags.DEFINE_string(
  'coordinator', None, 'HOST:PORT of process 0, for a run of many processes.'
)
NUM_PROCESSES = flags.DEFINE_integer(
  'num_processes', None, 'How many there are.', lower_bound=1
)
PROCESS_ID = flags.DEFINE_integer(
  'process_id', None, 'Which of them this is, from 0 on.', lower_bound=0
)
AGAIN = 75
STUCK = 76  # Of a member that has printed its error; the command's is AGAIN.
# In what the runtime writes when it ends a process since another has died.
_OF_LOST_PEERS = (
  'coordination',
  'distributed service',
  'heartbeat',
  'UNAVAILABLE',
  'Gloo',
)
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2).


def check() -> None:
  """Raises UserError unless the flags fit each other."""
  given = {f.name: f.value for f in (COORDINATOR, NUM_PROCESSES, PROCESS_ID)}
  missing = [name for name, value in given.items() if value is None]
  if 0 < len(missing) < 3:
    raise UserError(
      f'--{missing[0]} is missing: --coordinator, --num_processes and '
      '--process_id belong together'
    )
  if not missing and PROCESS_ID.value >= NUM_PROCESSES.value:
    raise UserError(
      f'--process_id={PROCESS_ID.value}: of {NUM_PROCESSES.value} processes '
      f'the last is {NUM_PROCESSES.value - 1}'
    )


def many() -> bool:
  """Whether there are others, by the flags, SLURM, or chips of a TPU."""
  if COORDINATOR.value is not None:
    return NUM_PROCESSES.value > 1
  tasks = os.environ.get('SLURM_NTASKS', '1')
  if 'SLURM_PROCID' in os.environ and tasks.isdecimal() and int(tasks) > 1:
    return True
  if ',' in os.environ.get('TPU_WORKER_HOSTNAMES', ''):
    return True
  dev = pathlib.Path('/dev')
  return any(dev.glob('accel*')) or any(dev.glob('vfio/[0-9]*'))


def run(main) -> int:
  """Calls main() among the other processes; its status, or 75.

  To be called before jax is imported.
  """
  with tempfile.TemporaryFile() as runtime_log:
    child = os.fork()
    if not child:
      _member(main, runtime_log)
    for number in signals.numbers():
      signal.signal(number, lambda number, frame: os.kill(child, number))
    _, status = os.waitpid(child, 0)
    runtime_log.seek(0)
    text = runtime_log.read().decode(errors='replace')
  status = os.waitstatus_to_exitcode(status)
  if status == STUCK:
    return AGAIN
  if status == -signal.SIGABRT:
    status = AGAIN
  if text and not (status == AGAIN and _names_a_lost_peer(text)):
    print(text, end='', file=sys.stderr)
  if status == AGAIN:
    print(
      'error: another process of this run has died: start all of them again, '
      'the same command goes on from the newest checkpoint',
      file=sys.stderr,
    )
  return status if status >= 0 else 128 - status


def _names_a_lost_peer(text):
  return any(word in text for word in _OF_LOST_PEERS)


def _member(main, runtime_log):
  """The forked process; never returns."""
  os.setpgid(0, 0)  # The parent passes Ctrl-C on, once.
  ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
  _keep_apart(runtime_log)
  status = 1
  try:
    status = _joined(main)
  except UserError as e:
    print(printable(f'error: {" ".join(str(e).split())}'), file=sys.stderr)
    status = 2
  except KeyboardInterrupt:
    status = 128 + signal.SIGINT
  except BrokenPipeError:
    signals.silence(sys.stdout)
    status = 128 + signal.SIGPIPE
  except OSError as e:
    print(f'error: {e.filename or "file system"}: {e}', file=sys.stderr)
    status = 2
  except Exception:
    traceback.print_exc()
  finally:
    for stream in sys.stdout, sys.stderr:
      with contextlib.suppress(OSError):
        stream.flush()
    os._exit(status)  # Without waiting for threads of the runtime.


def _keep_apart(runtime_log):
  """Has stderr of Python stay what it is, and that of the runtime be the log.

  So do the errors of threads: when another process dies, they are many.
  """
  own = open(os.dup(2), 'w', buffering=1)
  os.dup2(runtime_log.fileno(), 2)
  for handler in logging.getLogger('musiczoo').handlers:
    handler.setStream(own)
  sys.stderr = own
  threading.excepthook = lambda args: traceback.print_exception(
    args.exc_value, file=sys.__stderr__
  )
  sys.unraisablehook = lambda args: traceback.print_exception(
    args.exc_value, file=sys.__stderr__
  )


def _joined(main) -> int:
  from musiczoo.training import distributed

  distributed.join(COORDINATOR.value, NUM_PROCESSES.value, PROCESS_ID.value)
  import jax

  try:
    distributed.connect()
    status = main()
    distributed.wait('the end')
    jax.distributed.shutdown()
    return status
  except Exception as e:
    if not distributed.is_lost(e):
      raise
    return AGAIN
