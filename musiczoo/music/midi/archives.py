"""Safe reading of zip and tar archives, one file at a time.

Nothing is unpacked to disk, and no size or name in an archive is trusted: the
bytes that come out of it are counted.
"""

import bz2
from collections.abc import Callable, Iterator
import functools
import gzip
import lzma
import os
import stat
import struct
import tarfile
from typing import NamedTuple
import zipfile
import zlib

from musiczoo.music.midi.guard import LIMITS, Limits, MidiError, open_file
from musiczoo.music.midi.zip_names import name_of

MAX_MEMBERS = 10**6
# MIDI shrinks about four times, a folder of like songs perhaps fifty times.
MAX_RATIO = 200
BLOCK = 2**16

# By the first bytes of a compressed tar. None decompresses more than is read,
# unlike bzip2 and lzma within a zip.
OPENERS = {b'\x1f\x8b': gzip.open, b'BZh': bz2.open, b'\xfd7zXZ': lzma.open}
ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# What the decoders of the standard library raise on damaged bytes.
DAMAGED = (EOFError, LookupError, OSError, OverflowError, RuntimeError)
DAMAGED += (ValueError, lzma.LZMAError, struct.error, zlib.error)
DAMAGED += (tarfile.TarError, zipfile.BadZipFile)


def members(
  path: str | os.PathLike, limits: Limits = LIMITS
) -> Iterator[tuple[str, Callable[[], bytes]]]:
  """Each file of a zip or tar (plain, gz, bz2, xz) archive, in its order.

  Args:
    path: the archive.
    limits: the cap on the bytes of one file.

  Yields:
    The name, and a function that loads the bytes. Call it, if at all, before
    the next file is requested. It raises a MidiError for this file alone.

  Raises:
    MidiError: 'unreadable', 'archive', 'members' or 'ratio': the rest of the
      archive can't be read.
  """
  path = os.fspath(path)
  # By its first bytes: the last ones of a tar may be those of a zip in it.
  with open_file(path) as file:
    magic = file.read(6)
  try:
    spend = _budget(MAX_RATIO * os.path.getsize(path) + limits.bytes)
    if magic.startswith(b'PK'):
      found = _zip_members(path, spend)
    else:
      openers = (o for m, o in OPENERS.items() if magic.startswith(m))
      found = _tar_members(path, next(openers, open), spend, limits.bytes)
    for member in found:
      yield member.name, functools.partial(_load, path, member, limits.bytes)
  except MidiError as error:
    error.path = path
    raise
  except DAMAGED as error:
    raise MidiError('archive', path) from error


class _Member(NamedTuple):
  """A file in an archive; `refused` is why it is not read, or empty."""

  name: str
  refused: str
  read: Callable[[int], bytes]


def _budget(left):
  """Returns spend(num), which raises a MidiError after so many bytes."""

  def spend(num):
    nonlocal left
    left -= num
    if left < 0:
      raise MidiError('ratio')

  return spend


class _Stream:
  """A compressed tar as a file read once, forward, within a budget."""

  def __init__(self, file, spend, most):
    self._file, self._spend, self._most = file, spend, most
    self._place = 0
    self.last = b''  # What the last read gave.

  def read(self, size):
    # The tar reader reads extended headers of any length at once.
    if size > self._most:
      raise MidiError('ratio')
    self.last = self._file.read(size)
    self._spend(len(self.last))
    self._place += len(self.last)
    return self.last

  def tell(self):
    return self._place

  def seek(self, place):
    if place < self._place:
      raise OSError('members are read in their order')
    while self._place < place:
      if not self.read(min(BLOCK, place - self._place)):
        break


def _zip_members(path, spend):
  with zipfile.ZipFile(path) as archive:
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
      raise MidiError('members')
    if overlap(infos, os.path.getsize(path)):
      raise MidiError('archive')
    for info in infos:
      if info.is_dir():
        continue
      name = name_of(info)
      refused = _unsafe(name)
      if stat.S_ISLNK(info.external_attr >> 16):
        refused = 'link'
      elif info.compress_type not in ZIP_METHODS:
        refused = 'member'

      def read(size, info=info):
        with archive.open(info) as file:
          data = file.read(size)
        spend(len(data))
        return data

      yield _Member(name, refused, read)


def overlap(infos: list[zipfile.ZipInfo], size: int) -> bool:
  """Whether members of a zip of `size` bytes share bytes, as those of bombs."""
  return sum(info.compress_size for info in infos) > size


def _tar_members(path, opener, spend, most):
  with opener(path, 'rb') as file:
    stream = _Stream(file, spend, most + BLOCK)
    with tarfile.open(fileobj=stream, mode='r:') as archive:
      for number, info in enumerate(iter(archive.next, None)):
        if number >= MAX_MEMBERS:
          raise MidiError('members')
        archive.members = []  # Or all members stay in memory.
        if info.isdir():
          continue
        refused = _unsafe(info.name)
        if not info.isreg() or info.issparse():
          refused = 'link'

        def read(size, info=info):
          with archive.extractfile(info) as file:
            return file.read(size)

        yield _Member(info.name, refused, read)
    # A tar ends with zeros. The reader takes a damaged header for the end too.
    if any(stream.last):
      raise MidiError('archive')
    while stream.read(BLOCK):  # On to the checksum of the compressed stream.
      pass


def _unsafe(name):
  """'name' if a name might lead out of the archive, or ''."""
  parts = name.replace('\\', '/').split('/')
  absolute = not parts[0] or parts[0].endswith(':')
  return 'name' if absolute or '..' in parts else ''


def _load(path, member, most):
  source = f'{path}:{member.name}'
  if member.refused:
    raise MidiError(member.refused, source)
  try:
    data = member.read(most + 1)
  except MidiError as error:
    error.path = source
    raise
  except DAMAGED as error:
    raise MidiError('member', source) from error
  if len(data) > most:
    raise MidiError('bytes', source)
  return data
