"""A folder that is written whole or not at all, and verified by its seal.

The seal is a JSON file of the number of the format and the size and SHA-256 of
each other file.
"""

from collections.abc import Callable, Iterator, Mapping
import contextlib
import json
import os
import pathlib
import re
import shutil
import time

from musiczoo.errors import UserError
from musiczoo.music import json_files, seals
from musiczoo.music.files import move_folder, sha256, try_lock


@contextlib.contextmanager
def creating(
  path: pathlib.Path, seal: str, form: int, facts: Mapping = {}
) -> Iterator[pathlib.Path]:
  """Gives a folder to write to, which becomes `path` if all goes well.

  On any error, Ctrl-C among them, nothing stays.

  Args:
    path: the folder to make; it may be there already, empty or with the same
      content.
    seal: the name of the seal.
    form: the number of the format.
    facts: more entries of the seal, read when the folder is complete.

  Raises:
    UserError: `path` can't be written, or holds something else.
  """
  # Unlike Path.exists, False where the folder above can't be searched.
  if os.path.exists(path) and not _is_empty(path):
    _refuse_unless_sealed(path, seal)
  _remove_abandoned(path)
  # A sibling, so that the move is one atomic step.
  scratch = path.with_name(f'.{path.name}.{os.getpid()}.tmp')
  held = None
  try:
    scratch.mkdir(parents=True)
    held = os.open(scratch, os.O_RDONLY | os.O_CLOEXEC)
    with contextlib.suppress(OSError):  # Without locks nothing is removed.
      try_lock(held)
    yield scratch
    files = {p.name: _describe(p) for p in sorted(scratch.iterdir())}
    table = {'format': form, **facts, 'files': files}
    text = json.dumps(table, indent=1) + '\n'
    (scratch / seal).write_text(text)
    try:
      move_folder(scratch, path)
    except OSError:
      if not os.path.exists(path):
        raise
      # Another process was first, perhaps while the files were synced.
      _refuse_unless_sealed(path, seal, text)
  except OSError as error:
    raise UserError(
      f'{path}: cannot be written ({error.strerror or error}); choose '
      'another folder'
    ) from error
  finally:
    shutil.rmtree(scratch, ignore_errors=True)
    if held is not None:
      os.close(held)


def check(path: pathlib.Path, seal: str, form: int) -> None:
  """Reads every file of a sealed folder and compares it with the seal.

  Raises:
    UserError: a file is missing, damaged or of another format, or the seal
      lists one outside the folder; it is named.
  """

  def sums_of(content):
    sealed = json_files.parse(content)
    found, files = sealed['format'], sealed['files']
    if found != form:
      raise ValueError(f'of format {str(found)[:20]}, not {form}')
    return {name: entry['sha256'] for name, entry in files.items()}

  try:
    seals.check(path, seal, sums_of, is_exact=False)
  except seals.Damage as damage:
    raise UserError(f'{path}/{damage}: make the folder anew') from damage
  except OSError as error:
    raise UserError(
      f'{error.filename or path} cannot be read ({error.strerror}): allow it'
    ) from error


def digests(path: pathlib.Path, seal: str) -> dict[str, str]:
  """The SHA-256 of each file, from the seal of a folder that was checked."""
  files = json_files.read(path / seal)['files']
  return {name: entry['sha256'] for name, entry in files.items()}


def make(
  path: pathlib.Path,
  seal: str,
  form: int,
  write: Callable[[pathlib.Path], None],
) -> None:
  """Makes a folder by `write`, or checks the one that is there.

  Raises:
    UserError: as of `creating` and `check`.
  """
  if path.exists():
    check(path, seal, form)
    return
  with creating(path, seal, form) as folder:
    write(folder)


def _is_empty(path):
  """Whether a path is an empty folder, of which a rename takes the place."""
  return os.path.isdir(path) and not os.listdir(path)


def _refuse_unless_sealed(path, seal, text=None):
  """Another run may have made `path`; that is fine if it made the same."""
  try:
    if (path / seal).read_text() == text or text is None:
      return
  except OSError:
    pass
  raise UserError(
    f'{path} is there already and holds something else: choose another '
    'folder, or remove it first'
  )


def _remove_abandoned(path):
  """Removes what killed processes have left of their folders for `path`.

  A process that lives holds a lock of its folder. Where there are no locks, as
  on some networks, nothing is removed.
  """
  of_path = re.compile(rf'\.{re.escape(path.name)}\.[0-9]+\.tmp')
  beside = path.parent.iterdir() if path.parent.is_dir() else ()
  for each in [p for p in beside if of_path.fullmatch(p.name)]:
    with contextlib.suppress(OSError):
      held = os.open(each, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
      try:
        # One that was made this second may not be locked yet.
        is_new = time.time() - os.fstat(held).st_mtime < 1
        if not is_new and try_lock(held):
          shutil.rmtree(each, ignore_errors=True)
      finally:
        os.close(held)


def _describe(path):
  return {'bytes': path.stat().st_size, 'sha256': sha256(path)}
