"""Seals: the SHA-256 of each file of a folder, in a file beside them.

Three kinds of folders have one: checkpoints, datasets with their caches, and
pretrained models. Their seals are written in different ways and read in this one.
"""

from collections.abc import Callable, Mapping
import errno
import pathlib

from musiczoo.music import files

# A file is gone or is something else, or the disk has lost it. Any other error,
# such as a missing permission, is no damage.
_DAMAGE = {
  errno.ENOENT: 'is missing',
  errno.ENOTDIR: 'is missing',
  errno.EISDIR: files.IRREGULAR,
  errno.EINVAL: files.IRREGULAR,
  errno.ELOOP: files.IRREGULAR,
  errno.ENAMETOOLONG: 'has no name that a file can have',
  errno.EIO: 'cannot be read from the disk',
}


class Damage(Exception):
  """A folder is not as it was sealed.

  Attributes:
    name: of the file, within the folder.
    what: is wrong with it: 'is missing', 'is damaged (not JSON)'.
  """

  def __init__(self, name: str, what: str):
    name = name[:100]  # A damaged seal may list anything.
    super().__init__(f'{name} {what}')
    self.name, self.what = name, what


def check(
  folder: pathlib.Path,
  seal: str,
  sums_of: Callable[[bytes], Mapping],
  *,
  is_exact: bool,
) -> None:
  """Reads all files that a seal lists, and compares them with it.

  Args:
    seal: the name of its file.
    sums_of: the content of that file -> {name: SHA-256}; it raises ValueError
      where there is none.
    is_exact: whether a file that is not listed is damage.

  Raises:
    Damage: names the first file that differs.
    OSError: a file cannot be read, which says nothing of its content.
  """
  sums = _listed(folder, seal, sums_of)
  for name in sorted(sums):
    if _read(folder, name, files.sha256) != sums[name]:
      raise Damage(name, 'is damaged: its content has changed')
  if is_exact:
    for name in files.names(folder, but=seal):
      if name not in sums:
        raise Damage(name, 'is not expected')


def read(
  folder: pathlib.Path,
  seal: str,
  sums_of: Callable[[bytes], Mapping],
  name: str,
) -> bytes:
  """The content of one file of a folder, compared with the seal.

  Arguments and errors are as of `check`.
  """
  sums = _listed(folder, seal, sums_of)
  if name not in sums:
    raise Damage(name, 'is not in the seal')
  content = _read(folder, name, files.read_bytes)
  if files.sha256_of(content) != sums[name]:
    raise Damage(name, 'is damaged: its content has changed')
  return content


def _listed(folder, seal, sums_of):
  content = _read(folder, seal, files.read_bytes)
  try:
    sums = dict(sums_of(content))
  except (ValueError, TypeError, KeyError, AttributeError) as error:
    reason = str(error) if isinstance(error, ValueError) else 'no seal'
    raise Damage(seal, f'is damaged ({reason[:80]})') from error
  for name, digest in sums.items():
    if not _is_inside(name) or not isinstance(digest, str):
      raise Damage(seal, f'is damaged (it lists {str(name)[:80]!r})')
  return sums


def _is_inside(name):
  """Whether a name stays in its folder: `a/b`, but not `../a`, `/a`, `a//b`."""
  parts = name.split('/') if isinstance(name, str) else ['']
  return not {'', '.', '..'} & {*parts} and name.isprintable()


def _read(folder, name, read):
  try:
    return read(folder / name)
  except OSError as error:
    if error.errno not in _DAMAGE:
      raise
    raise Damage(name, _DAMAGE[error.errno]) from error
