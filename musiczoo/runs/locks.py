"""Locks of the folders of runs and trials, released when their process ends.

They are flock(2) locks. On a network the file system must support them, as NFS 4
and Lustre (mounted with `flock`) do.
"""

from collections.abc import Callable, Iterable, Iterator
import contextlib
import logging
import os
import pathlib
import time

from musiczoo.errors import UserError
from musiczoo.music.files import try_lock

LOCK = 'lock'  # Of a trial, while it is run and judged.
RUN_LOCK = 'run.lock'  # Of a run, while it is trained.
log = logging.getLogger(__name__)


@contextlib.contextmanager
def alone(workdir) -> Iterator[None]:
  """Locks the folder of a run, and makes it if need be.

  On an error what was made here is removed: the lock, and the folder unless
  something else was written in it.

  Raises:
    UserError: another process trains there, or the folder can't be made.
  """
  folder = pathlib.Path(workdir)
  is_new_folder = not os.path.exists(folder)
  is_new = not os.path.exists(folder / RUN_LOCK)
  try:
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / RUN_LOCK).open('a')
  except OSError as e:
    raise UserError(f'--workdir={workdir}: {e.strerror}: choose another') from e
  with lock:
    if not _can_be_taken(lock):
      raise UserError(
        f'{workdir}: another process trains there: wait until it has ended, or '
        'choose another folder'
      )
    try:
      yield
    except BaseException:
      if is_new:
        (folder / RUN_LOCK).unlink(missing_ok=True)
      if is_new_folder:
        with contextlib.suppress(OSError):  # It holds something.
          folder.rmdir()
      raise


def _can_be_taken(lock):
  try:
    return try_lock(lock)
  except OSError as e:  # Of a network's file system without locks.
    log.warning(
      '%s cannot be locked (%s): see to it that one process alone trains there',
      lock.name,
      e.strerror,
    )
    return True


@contextlib.contextmanager
def held(
  folders: Iterable[pathlib.Path], stopping: Callable[[], bool] = lambda: False
) -> Iterator[bool]:
  """Locks the folders of trials; False if `stopping` became true while it waited."""
  with contextlib.ExitStack() as stack:
    # In one order for all: no two wait for each other.
    yield all(_hold(stack, folder, stopping) for folder in sorted(set(folders)))


def _hold(stack, folder, stopping):
  lock = stack.enter_context((folder / LOCK).open('a'))
  while not try_lock(lock):
    if stopping():
      return False
    time.sleep(0.2)
  return True


def is_held(folder: pathlib.Path) -> bool:
  """Whether any process holds the folder of a trial."""
  with contextlib.suppress(FileNotFoundError):
    with (folder / LOCK).open() as lock:
      return not try_lock(lock)
  return False
