"""Safe reading of sound files: a Sound, or one reason for rejection.

Nothing is allocated by what a header claims: blocks are decoded one by one, and
what has come so far is compared with the limits.
"""

from collections.abc import Iterator
import contextlib
import importlib
import os
import re
import sys
from typing import NamedTuple

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music.audio import guard
from musiczoo.music.audio.guard import AudioError, LIMITS, Limits
from musiczoo.music.audio.sound import Sound
from musiczoo.music.files import sha256

SUFFIXES = ('.wav', '.flac', '.ogg', '.mp3')

_FORMATS = {'WAV', 'WAVEX', 'RF64', 'FLAC', 'OGG', 'MP3', 'MPEG'}
_MAGIC = re.compile(rb'RIFF|RF64|fLaC|OggS|ID3|\xff[\xe0-\xff]')
_BLOCK = 2**16  # Samples of all channels that are decoded at once.
# Lengths from here on are written to pipes, where the length is unknown.
_UNKNOWN = 0x7FFF_0000


class Examined(NamedTuple):
  """What is known of a file once it was decoded to its end.

  Attributes:
    code: why it is rejected, a key of `REJECTED`; None if it is not.
    sha256: of its bytes.
    seconds: how long it lasts.
  """

  code: str | None
  sha256: str = ''
  seconds: float = 0.0


def read(path: str | os.PathLike, limits: Limits = LIMITS) -> Sound:
  """The sound of a WAV, FLAC, Ogg or MP3 file, its channels mixed to one.

  Raises:
    AudioError: it can't be used; the reason is one of `REJECTED`.
    UserError: soundfile is not installed.
  """
  try:
    with _opened(path, limits) as file:
      samples = np.concatenate(list(_blocks(file, limits)))
      return Sound(samples, file.samplerate)
  except AudioError as error:
    raise AudioError(error.code, os.fspath(path)) from error


def examine(path: str | os.PathLike, limits: Limits = LIMITS) -> Examined:
  """Decodes a file to its end, block by block, and describes it."""
  try:
    with _opened(path, limits) as file:
      samples = sum(map(len, _blocks(file, limits)))
      seconds = samples / file.samplerate
    digest = sha256(path)
  except AudioError as error:
    return Examined(error.code)
  except OSError:
    return Examined('unreadable')
  return Examined(None, digest, seconds)


@contextlib.contextmanager
def _opened(path, limits):
  """Yields a SoundFile, and checks that it holds what it claims."""
  soundfile = needed('soundfile', path)
  head = guard.check_file(path, limits)
  try:
    with _silence(), soundfile.SoundFile(path) as file:
      if file.format not in _FORMATS:
        raise AudioError('not_audio')
      limits.check('channels', file.channels)
      limits.check('rate', file.samplerate)
      if file.samplerate < guard.LEAST_RATE:
        raise AudioError('rate')
      if _is_cut(file) or file.format == 'OGG' and not _has_end(path):
        raise AudioError('truncated')
      yield file
      if file.format in ('MP3', 'MPEG') and not re.search(b'Xing|Info', head):
        return  # It doesn't claim a length.
      if file.tell() < file.frames:
        raise AudioError('truncated')
  except soundfile.LibsndfileError as error:
    code = 'damaged' if _MAGIC.match(head) else 'not_audio'
    raise AudioError(code) from error


def _blocks(file, limits) -> Iterator[np.ndarray]:
  """Yields float32 [n], one channel, until the end.

  Raises:
    AudioError: what was decoded so far, or in all, can't be used.
  """
  total, loudest, rate = 0, 0.0, file.samplerate
  size = max(_BLOCK // file.channels, 1)
  while len(block := file.read(size, 'float32', always_2d=True)):
    if not np.isfinite(block).all():
      raise AudioError('not_finite')
    total += len(block)
    limits.check('seconds', total / rate)
    limits.check('peak', np.abs(block).max())
    mono = block.mean(axis=1, dtype=np.float32)
    loudest = max(loudest, float(np.abs(mono).max()))
    yield mono
  if total < guard.LEAST_SECONDS * rate:
    raise AudioError('short')
  if loudest < guard.SILENCE:
    raise AudioError('silent')


def _is_cut(file):
  """Whether a WAV file claims more bytes than there are.

  The decoder makes do with what is there, and reports it only in its log.
  """
  found = re.search(r'^data : (\d+) \(should be (\d+)\)', file.extra_info, re.M)
  if found is None:
    return False
  claimed, real = map(int, found.groups())
  return real < claimed < _UNKNOWN


def _has_end(path):
  """Whether an Ogg file ends with a whole page that is marked as the last.

  The decoder takes the last whole page for the end.
  """
  with open(path, 'rb') as file:
    file.seek(max(os.path.getsize(path) - 2**16, 0))  # No page is longer.
    tail = file.read()
  at = tail.rfind(b'OggS')
  if at < 0 or len(tail) < at + 27:
    return False
  sizes = tail[at + 27 : at + 27 + tail[at + 26]]
  whole = at + 27 + tail[at + 26] + sum(sizes) <= len(tail)
  return bool(whole and tail[at + 5] & 4)


@contextlib.contextmanager
def _silence():
  """Silences C decoders, which report damage on stderr; we raise it instead."""
  sys.stderr.flush()
  before = os.dup(2)
  nowhere = os.open(os.devnull, os.O_WRONLY)
  try:
    os.dup2(nowhere, 2)
    yield
  finally:
    os.dup2(before, 2)
    os.close(before)
    os.close(nowhere)


def needed(package: str, what) -> object:
  """Imports a package of the extra 'audio'.

  Raises:
    UserError: it is not installed; names `what` needs it.
  """
  try:
    return importlib.import_module(package)
  except ImportError as error:
    raise UserError(
      f"{what} needs the extra 'audio' ({package} is not installed): "
      'pip install librosa soundfile'
    ) from error
