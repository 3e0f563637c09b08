"""write_atomic: writes a file whole or not at all."""

import contextlib
import os
import threading

from musiczoo.errors import UserError


def write_atomic(path: str | os.PathLike, data: bytes | str) -> None:
  """Writes a file so that a reader, or a crash, finds all of it or none of it.

  A temporary file in the same folder is written, synced to the disk and then
  moved over `path`, which is one atomic step. What is no regular file, such as
  a pipe or /dev/null, is written to as it is and never replaced.

  Args:
    path: where to write; a file that stands there is replaced.
    data: the content; text is encoded as UTF-8.

  Raises:
    OSError: it can't be written. Nothing but `path` as it was remains.
  """
  data = data.encode() if isinstance(data, str) else data
  if os.path.exists(path) and not os.path.isfile(path):
    with open(path, 'wb') as file:
      file.write(data)
    return
  # Of this thread alone, so that two writers don't share it.
  scratch = f'{os.fspath(path)}.{os.getpid()}-{threading.get_ident()}.tmp'
  try:
    with open(scratch, 'wb') as file:
      file.write(data)
      file.flush()
      os.fsync(file.fileno())
    os.replace(scratch, path)
  finally:
    with contextlib.suppress(OSError):
      os.remove(scratch)


def write_output(path: str | os.PathLike, data: bytes | str) -> None:
  """As `write_atomic`, for a path that the user has chosen.

  Raises:
    UserError: it can't be written.
  """
  try:
    write_atomic(path, data)
  except OSError as error:
    raise UserError(
      f'{path}: cannot be written ({error.strerror}); choose another path'
    ) from error
