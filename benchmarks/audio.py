"""Renders chorales as sound, a folder of .wav files of a plain organ.

  python -m benchmarks.audio --output_dir=out/organ

Each voice is eight harmonics that fall off as 1 / k, with soft ends, so that
errors of a model can be seen in a picture of its spectrum.
"""

import pathlib

from absl import app, flags
import numpy as np

from musiczoo.data.corpora import chorales
from musiczoo.music import audio
from musiczoo.music.score import DURATION, ONSET, PITCH, Score

OUTPUT_DIR = flags.DEFINE_string('output_dir', 'out/organ', 'Folder to fill.')
PIECES = flags.DEFINE_integer('pieces', 120, 'Chorales.', lower_bound=1)

RATE = 16_000
TEMPO = 80.0  # Quarter notes a minute.
HARMONICS = 8
ATTACK, RELEASE = 0.02, 0.08  # Seconds.
LOUDNESS = 0.06  # Of the first harmonic of a note.


def main(_):
  output = pathlib.Path(OUTPUT_DIR.value)
  output.mkdir(parents=True, exist_ok=True)
  pieces = chorales.load()
  # Evenly spread, for neighbours are often of one cantata.
  spread = np.linspace(0, len(pieces) - 1, PIECES.value).astype(int)
  seconds = 0.0
  for i in spread:
    sound = render(pieces[i].score)
    seconds += len(sound.samples) / RATE
    audio.write(sound, output / f'{pieces[i].name}.wav')
  print(f'{len(spread)} chorales, {seconds / 60:.1f} minutes in {output}')


def render(score: Score) -> audio.Sound:
  second = TEMPO / 60 * score.resolution  # In ticks.
  begins = score.notes[:, ONSET] / second
  ends = begins + score.notes[:, DURATION] / second
  samples = np.zeros(int((ends.max() + RELEASE) * RATE) + 1, np.float32)
  for pitch, begin, end in zip(score.notes[:, PITCH], begins, ends):
    first = int(begin * RATE)
    time = np.arange(int((end + RELEASE - begin) * RATE)) / RATE
    frequency = 440 * 2 ** ((pitch - 69) / 12)
    k = np.arange(1, HARMONICS + 1)
    k = k[k * frequency < RATE / 2]
    wave = np.sin(2 * np.pi * frequency * np.outer(time, k)) @ (1 / k)
    rise = np.minimum(time / ATTACK, 1)
    fall = np.clip((end - begin + RELEASE - time) / RELEASE, 0, 1)
    samples[first : first + len(time)] += LOUDNESS * wave * rise * fall
  return audio.Sound(samples, RATE)


if __name__ == '__main__':
  app.run(main)
