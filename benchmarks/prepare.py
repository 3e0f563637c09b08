"""How fast MIDI files are read and prepared, beside other libraries.

  python -m benchmarks.prepare --input=DIR [--peers=PYTHON] [--json=FILE]

Files a second, one core, the contenders taking turns in one run:

  musiczoo     read, and encode as `events`
  ingest       read, hash and fingerprint, as `experiments.prepare` does
  miditok      read, and encode with its MIDILike tokenizer
  pretty_midi  read only
  mido         read only, with a plain loop that pairs notes

The last three run where --peers names a Python that has them. Then the whole of
`experiments.prepare`, with one worker and with two, on the folder repeated, and
its peak memory. Times of one core are processor time; that of workers is by the
clock, and counts only on an idle machine.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

OURS = ('musiczoo', 'ingest')
PEERS = ('miditok', 'pretty_midi', 'mido')
ROOT = pathlib.Path(__file__).parents[1]


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--input', required=True, help='a folder of MIDI files')
  parser.add_argument('--peers', help='a Python that can import the peers')
  parser.add_argument('--num_files', type=int, default=40, help='of one core')
  parser.add_argument('--rounds', type=int, default=5)
  parser.add_argument('--repeat', type=int, default=10, help='the folder')
  parser.add_argument('--json', help='a file to write the figures to')
  parser.add_argument('--serve', choices=OURS + PEERS, help=argparse.SUPPRESS)
  args = parser.parse_args()
  paths = sorted(map(str, pathlib.Path(args.input).rglob('*.mid')))
  if args.serve:
    return serve(args.serve, paths[:: -(-len(paths) // args.num_files)])
  # First, or the peak memory of children would be that of the peers.
  figures = workers(args)
  figures['files_per_second'] = one_core(args)
  text = json.dumps(figures, indent=1)
  print(text)
  if args.json:
    pathlib.Path(args.json).write_text(text + '\n')
  return 0


def one_core(args):
  names = OURS + PEERS if args.peers else OURS
  servers = {}
  for name in names:
    python = args.peers if name in PEERS else sys.executable
    servers[name] = subprocess.Popen(
      [
        python,
        __file__,
        f'--serve={name}',
        f'--input={args.input}',
        f'--num_files={args.num_files}',
      ],
      stdin=subprocess.PIPE,
      stdout=subprocess.PIPE,
      text=True,
      env=os.environ | {'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1'},
    )
  rates, failed = {name: [] for name in names}, {}
  for _ in range(args.rounds + 1):
    for name, server in servers.items():
      print(file=server.stdin, flush=True)
      rate, failed[name] = server.stdout.readline().split()
      rates[name].append(float(rate))
  for server in servers.values():
    server.communicate()
  # The first round warms up.
  rates = {name: statistics.median(r[1:]) for name, r in rates.items()}
  for name, rate in rates.items():
    ratio = rates['musiczoo'] / rate
    print(
      f'{name:12}{rate:9.1f} files/s   musiczoo is {ratio:6.2f} times that; '
      f'{failed[name]} files refused'
    )
  return {name: round(rate, 1) for name, rate in rates.items()}


def serve(name, paths):
  """Answers each line with the files that are read in a second."""
  read = globals()[f'_{name}']()
  warnings.simplefilter('ignore')
  for _ in sys.stdin:
    begun, failed = time.process_time(), 0
    for path in paths:
      try:
        read(path)
      except Exception:  # Some peers refuse some files.
        failed += 1
    seconds = time.process_time() - begun
    print((len(paths) - failed) / seconds, failed, flush=True)
  return 0


def _musiczoo():
  from musiczoo.music import midi
  from musiczoo.representations import REPRESENTATIONS

  encode = REPRESENTATIONS['events']().encode
  return lambda path: encode(midi.read(path))


def _ingest():
  from musiczoo.data.prepare.scan import ingest, Source
  from musiczoo.music.midi import Limits

  return lambda path: ingest(Source(path, path), Limits())


def _miditok():
  import miditok

  config = miditok.TokenizerConfig(use_programs=True, use_tempos=True)
  tokenizer = miditok.MIDILike(config)
  return lambda path: tokenizer.encode(path)


def _pretty_midi():
  import pretty_midi

  return pretty_midi.PrettyMIDI


def _mido():
  import mido

  def read(path):
    notes = []
    for track in mido.MidiFile(path).tracks:
      tick, sounding = 0, {}
      for message in track:
        tick += message.time
        if message.type not in ('note_on', 'note_off'):
          continue
        key = message.channel, message.note
        if message.type == 'note_on' and message.velocity:
          sounding.setdefault(key, []).append((tick, message.velocity))
        elif sounding.get(key):
          notes.append((*sounding[key].pop(0), tick, *key))
    return notes

  return read


def workers(args):
  """The whole job on the folder, repeated, by one worker and by two."""
  figures = {}
  source = pathlib.Path(args.input).resolve()
  with tempfile.TemporaryDirectory() as scratch:
    scratch = pathlib.Path(scratch)
    for path in source.rglob('*.mid'):
      for turn in range(args.repeat):
        link = scratch / 'in' / str(turn) / path.relative_to(source)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)
    # In turns, so that what else the machine does is shared.
    times = {1: [], 2: []}
    for turn in range(2 * 3):
      number = 1 + turn % 2
      begun = time.perf_counter()
      subprocess.run(
        [
          sys.executable,
          '-m',
          'experiments.prepare',
          f'--input={scratch / "in"}',
          f'--output={scratch / str(turn)}',
          f'--workers={number}',
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
      )
      times[number].append(time.perf_counter() - begun)
    report = json.loads((scratch / '0' / 'report.json').read_text())
  seconds = {number: statistics.median(t) for number, t in times.items()}
  for number, its in seconds.items():
    figures[f'prepare_files_per_second_{number}'] = round(
      report['files'] / its, 1
    )
  figures['speed_up_of_two_workers'] = round(seconds[1] / seconds[2], 2)
  peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
  figures['prepare_peak_mb_of_one_process'] = round(peak / 1024)
  return figures


if __name__ == '__main__':
  sys.exit(main())
