"""Writing of a Sound as a 16-bit WAV file: the same sound, the same bytes."""

import os

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music.audio.read import needed
from musiczoo.music.audio.sound import Sound


def write(sound: Sound, path: str | os.PathLike) -> None:
  """Writes a WAV file; what is louder than full scale is made softer as a whole.

  Raises:
    UserError: it can't be written, or soundfile is not installed.
  """
  soundfile = needed('soundfile', path)
  peak = float(np.abs(sound.samples).max(initial=0))
  samples = sound.samples / max(peak, 1.0)
  try:
    soundfile.write(path, samples, sound.rate, 'PCM_16', format='WAV')
  except soundfile.LibsndfileError as error:
    message = f'{path} cannot be written: choose another folder'
    raise UserError(message) from error
