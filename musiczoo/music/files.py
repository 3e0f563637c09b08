"""Files that are whole and unchanged: atomic writes, and SHA-256 digests."""

from collections.abc import Mapping
import contextlib
import errno
import fcntl
import hashlib
import os
import pathlib
import stat
import tempfile
import threading
from typing import BinaryIO

from musiczoo.errors import UserError

IRREGULAR = 'is no regular file'


def write_atomic(path: str | os.PathLike, data: bytes | str) -> None:
  """Writes a file so that a reader, or a crash, finds all of it or none of it.

  A temporary file in the same folder is written, synced to the disk and then
  moved over `path`, which is one atomic step. What is no regular file, such as
  a pipe or /dev/null, is written to as it is and never replaced.

  Args:
    path: where to write; a file that is there is replaced.
    data: the content; text is encoded as UTF-8.

  Raises:
    OSError: it can't be written. Nothing but `path` as it was remains.
  """
  data = data.encode() if isinstance(data, str) else data
  if os.path.exists(path) and not os.path.isfile(path):
    pathlib.Path(path).write_bytes(data)
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


def move_folder(path: pathlib.Path, target: pathlib.Path) -> None:
  """Renames a folder once all that is in it is synced to the disk.

  Raises:
    OSError: a folder that holds something is at `target`, or the disk fails.
  """
  for each in [*path.rglob('*'), path]:
    _sync(each)
  path.rename(target)
  _sync(target.parent)


def try_lock(file: BinaryIO | int) -> bool:
  """Takes the flock(2) lock of an open file, or of its number, if it is free.

  It is released when the file is closed, at the latest with the process.

  Raises:
    OSError: the file system has no locks.
  """
  try:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return True
  except BlockingIOError:
    return False


def cache_folder() -> pathlib.Path:
  """The user's folder of files that can be made again; it may not exist.

  A user without a home, as in some containers, has one in the folder of temporary
  files.
  """
  if home := os.environ.get('XDG_CACHE_HOME'):
    return pathlib.Path(home, 'musiczoo')
  home = pathlib.Path(os.path.expanduser('~'))
  if home.is_absolute() and os.access(home, os.W_OK):
    return home / '.cache' / 'musiczoo'
  return pathlib.Path(tempfile.gettempdir(), f'musiczoo-{os.getuid()}')


def open_regular(path: str | os.PathLike) -> BinaryIO:
  """Opens a file to read; never waits, as for the other end of a pipe.

  Raises:
    OSError: it can't be opened; EINVAL: it is no regular file.
  """
  descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
  if not stat.S_ISREG(os.fstat(descriptor).st_mode):
    os.close(descriptor)
    raise OSError(errno.EINVAL, IRREGULAR, os.fspath(path))
  return os.fdopen(descriptor, 'rb')


def read_bytes(path: str | os.PathLike) -> bytes:
  """The content of a regular file; errors are as of `open_regular`."""
  with open_regular(path) as file:
    return file.read()


def sha256(path: str | os.PathLike) -> str:
  """The hexadecimal SHA-256 of a regular file; errors as of `open_regular`."""
  with open_regular(path) as file:
    return hashlib.file_digest(file, 'sha256').hexdigest()


def sha256_of(content: bytes) -> str:
  """The hexadecimal SHA-256 of bytes."""
  return hashlib.sha256(content).hexdigest()


def names(folder: pathlib.Path, *, but: str) -> list[str]:
  """Paths within a folder of all files except those called `but`, sorted."""
  return sorted(
    path.relative_to(folder).as_posix()
    for path in folder.rglob('*')
    if path.name != but and not path.is_dir()
  )


def digests(folder: pathlib.Path, *, but: str) -> dict[str, str]:
  """Path within a folder -> `sha256`, of all files except those called `but`."""
  return {name: sha256(folder / name) for name in names(folder, but=but)}


def format_sums(digests: Mapping[str, str]) -> str:
  """{file: digest} as the text of a SHA256SUMS, for `sha256sum -c`."""
  return ''.join(f'{digests[name]}  {name}\n' for name in sorted(digests))


def parse_sums(text: str) -> dict[str, str]:
  """The text of a SHA256SUMS -> {file: digest}.

  Raises:
    ValueError: names the first line that is none of such a file.
  """
  sums = {}
  for number, line in enumerate(text.splitlines(), 1):
    digest, separator, name = line.partition('  ')
    if not separator or not name or len(digest) != 64:
      raise ValueError(f'line {number} is no digest and name')
    sums[name] = digest
  return sums


def _sync(path):
  """Makes a file or folder survive a loss of power."""
  descriptor = os.open(path, os.O_RDONLY)
  try:
    os.fsync(descriptor)
  finally:
    os.close(descriptor)
