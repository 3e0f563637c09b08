"""Checks of a sound file: the reasons for rejection, and the limits."""

import os
from typing import NamedTuple

from musiczoo.errors import UserError

# Why a file is rejected: code -> what is wrong, and a way out.
REJECTED = {
  'unreadable': 'cannot be read; check the path and its permissions',
  'empty': 'is empty; fetch it again',
  'not_audio': 'is no WAV, FLAC, Ogg or MP3 file, whatever its suffix',
  'damaged': 'is damaged or cut short; fetch it again',
  'truncated': 'ends before the length it claims; fetch it again',
  'bytes': 'has too many bytes; cut it into shorter files',
  'seconds': 'lasts too many seconds; cut it into shorter files',
  'channels': 'has too many channels; mix it down',
  'rate': 'has too low or too high a sample rate; resample it',
  'short': 'is shorter than a tenth of a second; leave it out',
  'silent': 'is silent from end to end; leave it out',
  'not_finite': 'has samples that are no numbers; render it again',
  'peak': 'has samples far beyond full scale; render it again',
  # Reasons that only a child process can find.
  'timeout': 'took too long to read; fetch it again',
  'memory': 'needs too much memory to read; cut it into shorter files',
  'crashed': 'crashed the decoder; fetch it again',
  'failed': 'cannot be decoded; fetch it again',
}
LEAST_RATE = 4000
LEAST_SECONDS = 0.1
# 80 dB below full scale: less is the noise of 16 bits.
SILENCE = 1e-4


class Limits(NamedTuple):
  """The most a file may hold. Each field is also the code of its rejection.

  Attributes:
    bytes: size of the file.
    seconds: how long it lasts.
    channels: that are mixed down to one.
    rate: samples a second; the least is `LEAST_RATE`.
    peak: the largest sample, full scale is 1: files of floats may have any.
  """

  bytes: int = 2**29
  seconds: int = 30 * 60
  channels: int = 8
  rate: int = 192_000
  peak: float = 16.0

  def check(self, name: str, value: float):
    """Raises an AudioError if `value` is more than the limit called `name`."""
    if value > getattr(self, name):
      raise AudioError(name)


LIMITS = Limits()


class AudioError(UserError):
  """A file that can't be read, with the reason.

  Attributes:
    code: a key of `REJECTED`.
    path: the file.
  """

  def __init__(self, code: str, path: str | None = None):
    super().__init__(code, path)
    self.code, self.path = code, path

  def __str__(self):
    return f'{self.path or "sound"}: {REJECTED[self.code]} [{self.code}]'


def check_file(path: str | os.PathLike, limits: Limits) -> bytes:
  """The first bytes of a regular file; a pipe might hang, a device never end.

  Raises:
    AudioError: 'unreadable', 'empty' or 'bytes'.
  """
  try:
    if not os.path.isfile(path):
      raise AudioError('unreadable')
    size = os.path.getsize(path)
    limits.check('bytes', size)
    if not size:
      raise AudioError('empty')
    with open(path, 'rb') as file:
      return file.read(2**18)
  except (OSError, ValueError) as error:
    raise AudioError('unreadable') from error
