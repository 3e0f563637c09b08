"""Reads mutated MIDI files and counts how reading ends.

  python -m benchmarks.fuzz_midi --num=100000 [--songs=DIR] [--seed=0]

Each file must end as a legal Score, or in a MidiError, within a second. Any
other end is a bug: the file is written to --keep and the status is 1.
"""

import argparse
from collections import Counter
import json
import pathlib
import random
import resource
import signal
import sys
import time

from tqdm import tqdm

from musiczoo.music import midi
from tests.music.midi.files import mutate, wild_file
from tests.music.midi.test_fuzz import check

SECONDS = 1  # The longest that one file may take of the processor.


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--num', type=int, default=100_000)
  parser.add_argument('--songs', help='a folder of .mid files to mutate too')
  parser.add_argument('--seed', type=int, default=0)
  parser.add_argument('--keep', default='fuzz_failed.mid')
  args = parser.parse_args()

  rng, limits = random.Random(args.seed), midi.Limits()
  files = [wild_file(rng) for _ in range(1000)]
  if args.songs:
    paths = sorted(pathlib.Path(args.songs).rglob('*.mid'))
    # Short ones, or most of the time goes into parsing what was not hurt.
    songs = [path.read_bytes() for path in paths]
    files += 10 * [song for song in songs if len(song) < 2**14]

  signal.signal(signal.SIGVTALRM, _out_of_time)
  ends, slowest, start = Counter(), 0.0, time.perf_counter()
  for _ in tqdm(range(args.num), disable=not sys.stderr.isatty()):
    data = mutate(rng, rng.choice(files))
    begin = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
      score, repairs = midi.read_report(data, limits=limits)
      check(score, limits)
      ends['repaired' if repairs else 'kept'] += 1
    except midi.MidiError as error:
      ends[f'rejected: {error.code}'] += 1
    except BaseException:
      pathlib.Path(args.keep).write_bytes(data)
      print(f'the file is in {args.keep}', file=sys.stderr)
      raise
    finally:
      signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    slowest = max(slowest, time.process_time() - begin)
  print(
    json.dumps(
      {
        'files': args.num,
        'seconds': round(time.perf_counter() - start, 1),
        'slowest_ms': round(1e3 * slowest, 1),
        'peak_mb': round(
          resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
        ),
        'ends': dict(ends.most_common()),
      },
      indent=2,
    )
  )


def _out_of_time(*_):
  raise TimeoutError(f'a file took more than {SECONDS} s')


if __name__ == '__main__':
  main()
