"""Pieces in four voices, written by hand as lines of notes."""

import numpy as np

from musiczoo.music.score import canonical, Score
from musiczoo.representations.voices import TRACKS


def voices(*lines: str, phrase_ends=(), resolution=4) -> Score:
  """A Score of lines such as '60:4 -:2 62:2', pitches and sixteenths.

  '-' is a rest; without a length a note is a quarter. The first line is the
  soprano.
  """
  notes = []
  for track, line in enumerate(lines):
    step = 0
    for word in line.split():
      pitch, _, length = word.partition(':')
      length = int(length or 4)
      if pitch != '-':
        notes.append((step, length, int(pitch), 80, track))
      step += length
  notes = np.array(notes, np.int32).reshape(-1, 5)
  notes[:, :2] *= resolution // 4
  ends = np.array(phrase_ends, np.int32) * (resolution // 4)
  return canonical(
    Score(notes, TRACKS, resolution=resolution, phrase_ends=ends)
  )


def walk(bars: int, seed: int) -> Score:
  """Four voices at random, with rests, crossings, parallels and odd lengths."""
  rng = np.random.default_rng(seed)
  lines = []
  for middle in (70, 65, 58, 50):
    left, words = 16 * bars, []
    while left:
      length = min(left, int(rng.choice([1, 2, 4, 4, 4, 4, 4, 8])))
      pitch = middle + int(rng.integers(-9, 10))
      pitch += int(rng.choice([0, 12], p=[0.95, 0.05]))
      pitch -= pitch % 12 in (1, 3, 5, 6, 10)  # Few pitches, many parallels.
      words.append(f'{pitch if rng.random() > 0.04 else "-"}:{length}')
      left -= length
    lines.append(' '.join(words))
  return voices(*lines)


# Four bars in C: a phrase that closes V-I on a half note, and one that does too.
PHRASES = voices(
  '67 72 71 72  74:2 72:2 71 72:8  72 74 76 77  76 74 72:8',
  '64 64 62 64  65 62 64:8  67 67 67 69  67 65:2 65:2 64:8',
  '60 67 67 67  69 67 67:8  64 67 60 60  60 59 55:8',
  '48 48 55 60  53 55 48:8  60 59 60 53  55 43 48:8',
  phrase_ends=(32, 64),
)
