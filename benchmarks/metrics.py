"""Times the metrics of musiczoo and MusPy on a folder of MIDI.

  python -m benchmarks.metrics --input=DIR [--peers=PYTHON] [--json=FILE]

Songs are whole, on a grid of sixteenths, and read beforehand. The contenders
take turns in one run, on one core:

  musiczoo  the metrics that MusPy has
  both      those and MuseGAN's
  muspy     its own, of its own Music objects, where --peers has it

and, for the metrics in which the two should be equal, by how much they aren't.
Then what monitoring costs: 200 windows of four bars are measured, summed up and
compared with all. Processor time; medians over the rounds.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np

ROOT = pathlib.Path(__file__).parents[1]
GRID, BAR, NUM_WINDOWS = 4, 16, 200
NUM_MUSPYS = 14  # METRICS begins with them.
# Arguments of MusPy beside the piece.
OTHERS = {
  'pitch_in_scale_rate': (0, 'major'),
  'drum_in_pattern_rate': ('duple',),
  'groove_consistency': (BAR,),
  'empty_measure_rate': (BAR,),
}
# Metrics that differ by intention, or by another estimated key.
UNEQUAL = {
  'pitch_range',
  'pitch_in_scale_rate',
  'empty_beat_rate',
  'groove_consistency',
  'empty_measure_rate',
}


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--input', required=True, help='a folder of MIDI files')
  parser.add_argument('--peers', help='a Python that can import muspy')
  parser.add_argument('--rounds', type=int, default=5)
  parser.add_argument('--json', help='a file to write the figures to')
  parser.add_argument('--serve', action='store_true', help=argparse.SUPPRESS)
  args = parser.parse_args()
  songs = read(args.input)
  if args.serve:
    return serve(songs)
  figures = whole(songs, args) | monitoring(songs, args)
  text = json.dumps(figures, indent=1)
  print(text)
  if args.json:
    pathlib.Path(args.json).write_text(text + '\n')
  return 0


def read(folder):
  from musiczoo.music import midi
  from musiczoo.music.quantize import quantize

  paths = sorted(pathlib.Path(folder).rglob('*.mid'))
  return [quantize(midi.read(path), GRID) for path in paths]


def serve(songs):
  """MusPy answers each line with its seconds and figures for all songs."""
  import muspy

  from benchmarks.golden_muspy import music
  from musiczoo.evaluation.metrics import METRICS

  pieces = [music(song) for song in songs]
  metrics = [(n, getattr(muspy, n)) for n in list(METRICS)[:NUM_MUSPYS]]
  for _ in sys.stdin:
    taken, found = timed(
      lambda: {
        name: [float(metric(p, *OTHERS.get(name, ()))) for p in pieces]
        for name, metric in metrics
      }
    )
    print(json.dumps([taken, found]), flush=True)
  return 0


def whole(songs, args):
  """Milliseconds a song of each contender, and how far figures are apart."""
  from musiczoo.evaluation.metrics import METRICS

  muspys = dict(list(METRICS.items())[:NUM_MUSPYS])
  contenders = {'musiczoo': muspys, 'both': METRICS}
  server = args.peers and subprocess.Popen(
    [args.peers, __file__, '--serve', f'--input={args.input}'],
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    text=True,
    env=os.environ | {'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1'},
  )
  times = {name: [] for name in contenders}
  for _ in range(args.rounds + 1):
    for name, table in contenders.items():
      seconds, found = timed(
        lambda table=table: {
          n: [metric(song) for song in songs] for n, metric in table.items()
        }
      )
      times[name].append(seconds)
    if server:
      print(file=server.stdin, flush=True)
      seconds, theirs = json.loads(server.stdout.readline())
      times.setdefault('muspy', []).append(seconds)
  # The first round warms up.
  figures = {'songs': len(songs)} | {
    f'milliseconds_a_song_{name}': round(
      1e3 * statistics.median(t[1:]) / len(songs), 2
    )
    for name, t in times.items()
  }
  if server:
    server.communicate()
    equal = [name for name in muspys if name not in UNEQUAL]
    ours, theirs = (np.array([f[n] for n in equal]) for f in (found, theirs))
    apart = np.abs(ours - theirs)
    figures['largest_difference'] = float(np.nanmax(apart))
    figures['undefined_in_one_alone'] = int(
      np.sum(np.isnan(ours) != np.isnan(theirs))
    )
  return figures


def monitoring(songs, args):
  """Seconds for the windows of all songs, and for a gap to them."""
  from musiczoo.evaluation import metrics

  cutting, pieces = timed(
    lambda: [w for song in songs for w in metrics.windows(song, 4 * BAR)]
  )
  measuring, corpus = timed(lambda: metrics.measure(pieces, num_steps=4 * BAR))
  rng = np.random.default_rng(0)
  draw = rng.permutation(len(pieces))[:NUM_WINDOWS]
  samples = [pieces[i] for i in draw]
  seconds = {'measure': [], 'summary': [], 'gap': []}
  for _ in range(args.rounds):
    taken, found = timed(lambda: metrics.measure(samples, num_steps=4 * BAR))
    seconds['measure'].append(taken)
    seconds['summary'].append(timed(lambda f=found: metrics.summary(f))[0])
    taken, gap = timed(
      lambda f=found: metrics.mean_gap(metrics.gaps(f, corpus))
    )
    seconds['gap'].append(taken)
  return {
    'windows': len(pieces),
    'seconds_to_cut_all': round(cutting, 2),
    'seconds_to_measure_all': round(measuring, 2),
    **{
      f'seconds_of_{name}_of_{NUM_WINDOWS}': round(statistics.median(t), 3)
      for name, t in seconds.items()
    },
    f'gap_of_{NUM_WINDOWS}_to_all': round(gap, 3),
  }


def timed(work):
  begun = time.process_time()
  found = work()
  return time.process_time() - begun, found


if __name__ == '__main__':
  sys.exit(main())
