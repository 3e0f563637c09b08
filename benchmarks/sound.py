"""How long players take for a minute of four voices, side by side.

python -m benchmarks.sound [--rounds=5]
"""

import time

from absl import flags
import numpy as np

from experiments import launch
from musiczoo.music.score import Score, Track
from musiczoo.show import sound
from musiczoo.show.sound import wav

ROUNDS = flags.DEFINE_integer('rounds', 5, 'Times each plays.', lower_bound=1)


def song() -> Score:
  """160 eighths at 80 quarter notes a minute, in four voices of a choir."""
  rng = np.random.default_rng(0)
  notes = [
    (240 * i, 240, 48 + 12 * voice + rng.integers(12), 90, voice)
    for i in range(160)
    for voice in range(4)
  ]
  return Score(
    np.array(notes, np.int32),
    tuple(Track(52) for _ in range(4)),
    np.array([(0, 750_000)], np.int32),
  )


def main():
  score = song()
  gan_adam = {p.name: p for p in (sound.find('none'), sound.find())}
  taken = {name: [] for name in gan_adam}
  for _ in range(ROUNDS.value):
    for name, player in gan_adam.items():
      begun = time.process_time()
      wav.samples(player.render(score))
      taken[name].append(time.process_time() - begun)
  for name, seconds in taken.items():
    print(f'{np.median(seconds):6.2f} s of a processor  {name}')


if __name__ == '__main__':
  launch.run(main)
