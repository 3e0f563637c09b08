"""What benchmark files unpack to, counted before any of it is kept."""

import pathlib
import struct
import zipfile
import zlib

from musiczoo.errors import UserError
from musiczoo.music.midi import archives

# The largest published sets are a third of that.
MAX_BYTES = 2**29
_BLOCK = 2**16
_HEADER, _COMPRESSED = 128, 15  # Of a MATLAB 5 file, and its type of element.


def check_npz(path: pathlib.Path) -> None:
  """Raises UserError if the arrays of an npz file are larger than `MAX_BYTES`.

  A reader gives no more of a member than the archive says that it has.
  """
  with zipfile.ZipFile(path) as archive:
    members = archive.infolist()
  if archives.overlap(members, path.stat().st_size):
    raise ValueError('members overlap')
  if any(m.compress_type not in archives.ZIP_METHODS for m in members):
    raise ValueError('a member is compressed in another way')
  _spend(path, sum(member.file_size for member in members))


def check_mat(path: pathlib.Path) -> None:
  """As `check_npz`, of a MATLAB file; those of version 4 are not compressed."""
  with path.open('rb') as file:
    header = file.read(_HEADER)
    if 0 in header[:4]:  # MATLAB 4 begins with numbers, 5 with text.
      return
    order = '<' if header[126:] == b'IM' else '>'
    found = 0
    while len(tag := file.read(8)) == 8:
      kind, size = struct.unpack(f'{order}II', tag)
      if kind != _COMPRESSED:
        file.seek(size, 1)
        continue
      for num in _inflated(file, size):
        found += num
        _spend(path, found)


def _inflated(file, size):
  """Yields how many bytes come out of the next `size` bytes, block by block."""
  inflate = zlib.decompressobj()
  while size:
    packed = file.read(min(size, _BLOCK))
    if not packed:
      raise ValueError('an element is cut short')
    size -= len(packed)
    while packed:
      yield len(inflate.decompress(packed, _BLOCK))
      packed = inflate.unconsumed_tail


def _spend(path, num):
  if num > MAX_BYTES:
    raise UserError(
      f"corpus '{path}' unpacks to more than {MAX_BYTES >> 20} MiB: "
      'give the published file, or a smaller one'
    )
