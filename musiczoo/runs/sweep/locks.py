"""Locks of trials' folders, released when their process ends.

They are flock(2) locks. On a network the file system must support them, as NFS 4
and Lustre (mounted with `flock`) do.
"""

from collections.abc import Callable, Iterable, Iterator
import contextlib
import fcntl
import pathlib
import time

LOCK = 'lock'


@contextlib.contextmanager
def held(
  folders: Iterable[pathlib.Path], stopping: Callable[[], bool] = lambda: False
) -> Iterator[bool]:
  """Locks all folders; False if `stopping` became true while it waited."""
  with contextlib.ExitStack() as stack:
    # In one order for all: no two wait for each other.
    yield all(_hold(stack, folder, stopping) for folder in sorted(set(folders)))


def _hold(stack, folder, stopping):
  lock = stack.enter_context((folder / LOCK).open('a'))
  while not _try(lock):
    if stopping():
      return False
    time.sleep(0.2)
  return True


def is_held(folder: pathlib.Path) -> bool:
  """Whether any process holds the folder."""
  with contextlib.suppress(FileNotFoundError):
    with (folder / LOCK).open() as lock:
      return not _try(lock)
  return False


def _try(lock):
  try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return True
  except BlockingIOError:
    return False
