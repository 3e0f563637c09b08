"""Every family, trained on more and more devices; equal parameters or not.

  python -m benchmarks.invariance [--families=gru,vae] [--cost]

Some steps of a tiny model of each family on 1, 2, 4 and 8 devices by jit, on 8
by pmap and on 2 processes with 2 devices each, with
--reproducible=device_invariant: how many different digests came out, and how
far parameters on one device are from those of --reproducible=run. With --cost
steps a second of both modes, of the real size.
"""

import argparse
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile

import jax
import numpy as np

from musiczoo.training import checkpoint, journal
from tests.golden_run import write_corpus

FAMILIES = (
  'rnn lstm gru cnn infill orderless autoencoder vae gan structure'.split()
)
SMALL = {
  'model.hidden': 8,
  'model.layers': 1,
  'head.features': 3,
  'head.hidden': 4,
  'batch_size': 8,
  'window': 16,
  'steps': 6,
  'steps_per_dispatch': 3,
  'eval_every': 6,
  'checkpoint_every': 6,
}
LITTLE = {
  'gan': {
    'model.num_levels': 1,
    'model.overlap': 4,
    'model.layers': None,
    'head.features': None,
    'head.hidden': None,
  },
  'infill': {'model.known_hidden': 8, 'model.known_layers': 1},
  'orderless': {'head.features': None, 'head.hidden': None},
}
# Mode, devices of a process, processes.
PLACES = [
  ('jit', 1, 1),
  ('jit', 2, 1),
  ('jit', 4, 1),
  ('jit', 8, 1),
  ('pmap', 8, 1),
  ('jit', 2, 2),
]


def train(family, corpus, workdir, place, reproducible, numbers):
  """Starts a run in so many processes; the digest it ends with."""
  mode, devices, processes = place
  with socket.socket() as s:
    s.bind(('127.0.0.1', 0))
    port = s.getsockname()[1]
  started = []
  for i in range(processes):
    many = (
      [
        f'--coordinator=127.0.0.1:{port}',
        f'--num_processes={processes}',
        f'--process_id={i}',
      ]
      if processes > 1
      else []
    )
    flag = f'--xla_force_host_platform_device_count={devices}'
    started.append(
      subprocess.Popen(
        [
          sys.executable,
          '-m',
          'experiments.train',
          f'--workdir={workdir}',
          f'--config=experiments/configs/chorales.py:{family}',
          f'--config.corpus={corpus}',
          f'--config.parallel={mode}',
          f'--reproducible={reproducible}',
          *many,
          *(f'--config.{k}={v}' for k, v in numbers.items() if v is not None),
        ],
        env=os.environ | {'XLA_FLAGS': flag},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
      )
    )
  answers = [p.communicate() for p in started]
  found = re.search('params_sha256=([0-9a-f]{64})', answers[0][0])
  if found is None:
    raise SystemExit(f'{family} {place}: {answers[0][1]}')
  return found[1]


def distance(a, b) -> float:
  """The largest difference of two runs' parameters, relative to the largest."""
  trees = [checkpoint.restore(w + '/checkpoints')[0]['params'] for w in (a, b)]
  leaves = [
    np.concatenate([x.ravel() for x in jax.tree.leaves(t)]) for t in trees
  ]
  return float(np.abs(leaves[0] - leaves[1]).max() / np.abs(leaves[0]).max())


def check(family, corpus) -> None:
  numbers = SMALL | LITTLE.get(family, {})
  with tempfile.TemporaryDirectory() as folder:
    digests = [
      train(
        family,
        corpus,
        f'{folder}/{"-".join(map(str, place))}',
        place,
        'device_invariant',
        numbers,
      )
      for place in PLACES
    ]
    train(family, corpus, f'{folder}/plain', PLACES[0], 'run', numbers)
    apart = distance(f'{folder}/jit-1-1', f'{folder}/plain')
  other = [
    '{} {} x {}'.format(*place)
    for place, digest in zip(PLACES, digests)
    if digest != digests[0]
  ]
  print(
    f'{family:12} {len(set(digests))} digest of {len(digests)} places'
    f'{"; another: " if other else ""}{", ".join(other)}; '
    f'{apart:.1e} from the plain mode',
    flush=True,
  )


def cost(corpus) -> None:
  """Steps a second of the two modes in turn."""
  numbers = {
    'steps': 60,
    'steps_per_dispatch': 10,
    'eval_every': 60,
    'checkpoint_every': 60,
  }
  rates = {'run': [], 'device_invariant': []}
  for _ in range(3):
    for mode, found in rates.items():
      with tempfile.TemporaryDirectory() as folder:
        train('gru', corpus, folder, PLACES[0], mode, numbers)
        found.append(
          journal.read(folder, journal.TIMING)[-1]['steps_per_second']
        )
  plain, exact = (statistics.median(r) for r in rates.values())
  print(
    f'gru          {plain:.2f} steps/s plain, {exact:.2f} device-invariant: '
    f'{plain / exact:.2f} times the time'
  )


def main() -> None:
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--families', default=','.join(FAMILIES))
  parser.add_argument('--cost', action='store_true')
  args = parser.parse_args()
  with tempfile.TemporaryDirectory() as corpus:
    write_corpus(pathlib.Path(corpus))
    for family in args.families.split(',') if args.families else ():
      check(family, corpus)
    if args.cost:
      cost(corpus)


if __name__ == '__main__':
  main()
