"""A folder that is written whole or not at all, and verified by its seal.

The seal is a JSON file of the number of the format and the size and SHA-256 of
each other file.
"""

from collections.abc import Callable, Iterator
import contextlib
import json
import os
import pathlib
import shutil

from musiczoo.errors import UserError
from musiczoo.music.files import move_folder, sha256


@contextlib.contextmanager
def creating(
  path: pathlib.Path, seal: str, form: int
) -> Iterator[pathlib.Path]:
  """Gives a folder to write to, which becomes `path` if all goes well.

  On any error, Ctrl-C among them, nothing stays.

  Args:
    path: the folder to make; it may be there already, empty or with the same
      content.
    seal: the name of the seal.
    form: the number of the format.

  Raises:
    UserError: `path` can't be written, or holds something else.
  """
  # Unlike Path.exists, False where the folder above can't be searched.
  if os.path.exists(path) and not _is_empty(path):
    _refuse_unless_sealed(path, seal)
  # A sibling, so that the move is one atomic step.
  scratch = path.with_name(f'.{path.name}.{os.getpid()}.tmp')
  try:
    scratch.mkdir(parents=True)
    yield scratch
    files = {p.name: _describe(p) for p in sorted(scratch.iterdir())}
    text = json.dumps({'format': form, 'files': files}, indent=1) + '\n'
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


def check(path: pathlib.Path, seal: str, form: int) -> None:
  """Reads every file of a sealed folder and compares it with the seal.

  Raises:
    UserError: a file is missing, damaged or of another format; it is named.
  """

  def damaged(name, what):
    return UserError(f'{path / name} {what}: make the folder anew')

  try:
    sealed = json.loads((path / seal).read_bytes())
    found, files = sealed['format'], dict(sealed['files'])
  except OSError as error:
    raise damaged(seal, f'is not there ({error.strerror})') from error
  except (ValueError, KeyError, TypeError) as error:
    raise damaged(seal, 'is damaged') from error
  if found != form:
    raise damaged(seal, f'is of format {found}, not {form}')
  for name, expected in files.items():
    try:
      is_sound = _describe(path / name) == expected
    except OSError as error:
      what = f'cannot be read ({error.strerror})'
      raise damaged(name, what) from error
    if not is_sound:
      raise damaged(name, 'is damaged')


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


def _describe(path):
  return {'bytes': path.stat().st_size, 'sha256': sha256(path)}
