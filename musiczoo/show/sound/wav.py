"""A Score walks in, a .wav file of it walks out: 44.1 kHz, 16 bit, stereo."""

import io
import os
import wave

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music import score as score_lib
from musiczoo.music.files import write_output
from musiczoo.music.grid import seconds
from musiczoo.music.score import Score
from musiczoo.show.sound.player import Player
from musiczoo.show.sound.synth import RATE

PEAK = 0.89  # The largest sample, of 1: 1 dB below what would clip.
LONGEST = 30 * 60  # Seconds; of more, the samples would fill the memory.


def write(score: Score, path: str | os.PathLike, player: Player) -> None:
  """Writes a Score as sound: the whole file or, on any error, nothing.

  Raises:
    UserError: it lasts longer than `LONGEST`, or `path` can't be written.
  """
  lasts = float(seconds(score, np.array([score_lib.end(score)]))[0])
  if lasts > LONGEST:
    raise UserError(
      f'{path}: {lasts / 60:.0f} minutes of music are more than the '
      f'{LONGEST // 60} that are written as sound: make it shorter, or leave '
      'the sound out'
    )
  buffer = io.BytesIO()
  with wave.open(buffer, 'wb') as file:
    file.setnchannels(2)
    file.setsampwidth(2)
    file.setframerate(RATE)
    file.writeframes(samples(player.render(score)).tobytes())
  write_output(path, buffer.getvalue())


def samples(sound: np.ndarray) -> np.ndarray:
  """Sound of any loudness -> int16 that reach `PEAK`; silence stays silent."""
  largest = float(np.abs(sound).max(initial=0))
  scale = PEAK * 32767 / largest if largest else 0.0
  return np.round(sound * np.float32(scale)).astype('<i2')
