"""Writing of Scores as .wav files: 44.1 kHz, 16 bit, stereo."""

import io
import os
import wave

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music.files import write_output
from musiczoo.music.score import Score
from musiczoo.music.tempo import length_seconds
from musiczoo.show.sound.player import Player
from musiczoo.show.sound.synth import RATE

PEAK = 0.89  # Of the largest sample: 1 dB below clipping.
MAX_SECONDS = 30 * 60  # Longer audio would need too much memory.


def write(score: Score, path: str | os.PathLike, player: Player) -> None:
  """Writes a Score as audio: the whole file or, on any error, nothing.

  Raises:
    UserError: it lasts longer than `MAX_SECONDS`, or `path` can't be written.
  """
  lasts = length_seconds(score)
  if lasts > MAX_SECONDS:
    raise UserError(
      f'{path}: {lasts / 60:.0f} minutes of music are more than the '
      f'{MAX_SECONDS // 60} that can be rendered: make it shorter, or leave '
      'the audio out'
    )
  buffer = io.BytesIO()
  with wave.open(buffer, 'wb') as file:
    file.setnchannels(2)
    file.setsampwidth(2)
    file.setframerate(RATE)
    file.writeframes(samples(player.render(score)).tobytes())
  write_output(path, buffer.getvalue())


def samples(sound: np.ndarray) -> np.ndarray:
  """Normalizes samples to int16 with peak `PEAK`; silence stays silent."""
  largest = float(np.abs(sound).max(initial=0))
  scale = PEAK * 32767 / largest if largest else 0.0
  return np.round(sound * np.float32(scale)).astype('<i2')
