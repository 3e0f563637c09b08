"""Time and memory of the novelty report on thousands of synthetic pieces.

  python -m benchmarks.novelty --num_pieces=10000 [--num_steps=256]

Four voices walk at random in a scale, a note a quarter. A piece is copied into
the new ones, three semitones up, and must be found.
"""

import argparse
import json
import resource
import time

import numpy as np

from musiczoo.evaluation import novelty
from musiczoo.representations import cells as cells_lib, pianoroll, voices

_LOW, _SHIFT = 30, 3
_SCALE = np.array([0, 2, 4, 5, 7, 9, 11])


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--num_pieces', type=int, default=10_000)
  parser.add_argument('--num_steps', type=int, default=256)
  parser.add_argument('--num_new', type=int, default=64)
  args = parser.parse_args()

  rng = np.random.default_rng(0)
  cells = [_piece(rng, args.num_steps) for _ in range(args.num_pieces)]
  new = [_piece(rng, args.num_steps) for _ in range(args.num_new)]
  span = slice(args.num_steps // 4, args.num_steps // 2)
  copy = cells_lib.transpose(cells[-1][span], _SHIFT)
  new[-1][span] = copy
  rolls, new = ([_roll(x) for x in pieces] for pieces in (cells, new))

  before, begin = _peak_mb(), time.perf_counter()
  found = novelty.find_copies(rolls, new=new)['new']
  seconds = time.perf_counter() - begin
  longest = found['longest_transposed']
  assert longest['source'] == args.num_pieces - 1, longest
  assert longest['semitones'] == _SHIFT, longest
  print(
    json.dumps(
      {
        'pieces': args.num_pieces,
        'frames': args.num_pieces * args.num_steps,
        'seconds': round(seconds, 2),
        'peak_mb_of_the_pieces': before,
        'peak_mb': _peak_mb(),
        'report': found,
      },
      indent=2,
    )
  )


def _piece(rng, num_steps):
  steps = rng.integers(-2, 3, (num_steps // 4 + 1, 4))
  degree = np.clip(np.cumsum(steps, axis=0) + [28, 24, 20, 14], 2, 33)
  semitones = degree // 7 * 12 + _SCALE[degree % 7]
  symbol = np.repeat(semitones - 2, 4, axis=0)[:num_steps]
  return cells_lib.to_cells(symbol, np.zeros(symbol.shape, bool)).astype(
    np.uint8
  )


def _roll(cells):
  return pianoroll.pianoroll().encode(voices.voices(low=_LOW).decode(cells))


def _peak_mb():
  return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**10


if __name__ == '__main__':
  main()
