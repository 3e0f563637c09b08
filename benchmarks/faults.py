"""A tiny run is hurt again and again; how often it came through walks out.

  python -m benchmarks.faults [--damages=200] [--kills=50] [--seed=0]

Damages: a bit of a file of the newest checkpoint is flipped, or the file is cut
or removed; then the older one must be what is restored. Kills: `train` is ended
by SIGKILL at a random moment and started again, until it gets to its end; its
parameters and its journal must be those of a run that nobody hurt.
"""

import argparse
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np

from benchmarks.golden_checkpoint import write_corpus
from musiczoo import checkpoint, journal

NUMBERS = {
    'model.hidden': 8, 'model.layers': 1, 'head.features': 3, 'head.hidden': 4,
    'batch_size': 8, 'window': 16, 'steps': 60, 'steps_per_dispatch': 3,
    'eval_every': 10, 'checkpoint_every': 5, 'log_every': 1,
}


def command(corpus, workdir):
  return [
      sys.executable, '-m', 'experiments.train', f'--workdir={workdir}',
      '--config=experiments/configs/chorales.py:gru', f'--config.corpus={corpus}',
      *(f'--config.{name}={value}' for name, value in NUMBERS.items()),
  ]


def train(corpus, workdir) -> tuple[str, float]:
  """The digest of the parameters a whole run ends with, and its seconds."""
  since = time.monotonic()
  done = subprocess.run(
      command(corpus, workdir), capture_output=True, text=True, check=True
  )
  digest = re.search('params_sha256=([0-9a-f]{64})', done.stdout)[1]
  return digest, time.monotonic() - since


def hurt(path: pathlib.Path, rng: random.Random) -> str:
  content = bytearray(path.read_bytes())
  how = rng.choice(['flip', 'cut', 'remove'] if content else ['remove'])
  if how == 'flip':
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
  elif how == 'cut':
    del content[rng.randrange(len(content)) :]
  if how == 'remove':
    path.unlink()
  else:
    path.write_bytes(content)
  return how


def damages(folder, num: int, rng) -> dict:
  """Args: folder, checkpoints of which two at least are sound."""
  *_, older, newest = checkpoint.steps(folder)
  expected = checkpoint.sha256(_restored_without(folder, newest))
  counts = {'damages': num, 'silent': 0, 'recovered': 0}
  for _ in range(num):
    with tempfile.TemporaryDirectory() as place:
      copy = pathlib.Path(place, 'checkpoints')
      shutil.copytree(folder, copy)
      files = [p for p in (copy / f'{newest:09d}').rglob('*') if p.is_file()]
      hurt(rng.choice(sorted(files)), rng)
      tree, _, step = checkpoint.restore(copy)
      counts['silent'] += step == newest
      sound = step == older and checkpoint.sha256(tree) == expected
      counts['recovered'] += sound and any(copy.glob('damaged-*'))
  return counts


def _restored_without(folder, step):
  with tempfile.TemporaryDirectory() as place:
    copy = pathlib.Path(place, 'checkpoints')
    shutil.copytree(folder, copy)
    shutil.rmtree(copy / f'{step:09d}')
    return checkpoint.restore(copy)[0]


def kills(corpus, whole, digest, seconds, num: int, rng) -> dict:
  """Args: whole, a run that nobody hurt, what it ended with, how long it took."""
  text = (whole / journal.METRICS).read_text()
  counts = {'kills': num, 'in_mid_run': 0, 'exact': 0}
  for _ in range(num):
    with tempfile.TemporaryDirectory() as place:
      workdir = pathlib.Path(place, 'run')
      process = subprocess.Popen(
          command(corpus, workdir), stdout=subprocess.DEVNULL,
          stderr=subprocess.DEVNULL,
      )
      time.sleep(rng.uniform(0, seconds))
      process.kill()
      process.wait()
      counts['in_mid_run'] += bool(journal.read(workdir))
      again, _ = train(corpus, workdir)
      same = (workdir / journal.METRICS).read_text() == text
      counts['exact'] += again == digest and same
  return counts


def main() -> None:
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--damages', type=int, default=200)
  parser.add_argument('--kills', type=int, default=50)
  parser.add_argument('--seed', type=int, default=0)
  args = parser.parse_args()
  rng = random.Random(args.seed)
  with tempfile.TemporaryDirectory() as folder:
    corpus, whole = pathlib.Path(folder, 'corpus'), pathlib.Path(folder, 'whole')
    corpus.mkdir()
    write_corpus(corpus)
    train(corpus, pathlib.Path(folder, 'warm'))  # Fills the cache of programs.
    digest, seconds = train(corpus, whole)
    result = damages(whole / 'checkpoints', args.damages, rng)
    print(json.dumps(result), flush=True)
    result = kills(corpus, whole, digest, seconds, args.kills, rng)
    print(json.dumps(result | {'seconds_of_a_run': np.round(seconds, 1)}))


if __name__ == '__main__':
  main()
