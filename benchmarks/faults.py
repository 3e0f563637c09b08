"""A tiny run is hurt again and again; how often it came through walks out.

  python -m benchmarks.faults [--damages=200] [--kills=50] [--families=gru] [--seed=0]

Damages: a bit of a file of the newest checkpoint is flipped, or the file is cut
or removed; then the older one must be what is restored. Kills: `train` is ended
by SIGKILL at a random moment and started again, until it gets to its end; its
parameters and its journal must be those of a run that nobody hurt. Of each of
the families there are so many damages and kills.
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

from benchmarks.invariance import LITTLE
from musiczoo.training import checkpoint, checkpoint_folder, journal
from tests.golden_run import write_corpus

NUMBERS = {
  'model.hidden': 8,
  'model.layers': 1,
  'head.features': 3,
  'head.hidden': 4,
  'batch_size': 8,
  'window': 16,
  'steps': 60,
  'steps_per_dispatch': 3,
  'eval_every': 10,
  'checkpoint_every': 5,
  'log_every': 1,
}


def command(family, corpus, workdir):
  numbers = NUMBERS | LITTLE.get(family, {})
  return [
    sys.executable,
    '-m',
    'experiments.train',
    f'--workdir={workdir}',
    f'--config=experiments/configs/chorales.py:{family}',
    f'--config.corpus={corpus}',
    *(f'--config.{k}={v}' for k, v in numbers.items() if v is not None),
  ]


def train(family, corpus, workdir) -> tuple[str, float]:
  """The digest of the parameters a whole run ends with, and its seconds."""
  since = time.monotonic()
  done = subprocess.run(
    command(family, corpus, workdir), capture_output=True, text=True, check=True
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
  *_, older, newest = checkpoint_folder.steps(folder)
  expected = checkpoint.sha256(_restored_without(folder, newest))
  counts = {'damages': num, 'silent': 0, 'recovered': 0}
  for _ in range(num):
    with tempfile.TemporaryDirectory() as place:
      copy = pathlib.Path(place, 'checkpoints')
      shutil.copytree(folder, copy)
      files = [p for p in (copy / f'{newest:09d}').rglob('*') if p.is_file()]
      hurt(rng.choice(sorted(files)), rng)
      tree, _, step = checkpoint.restore(copy, set_aside=True)
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


def kills(family, corpus, whole, digest, seconds, num: int, rng) -> dict:
  """Args: whole, a run that nobody hurt, what it ended with, how long it took."""
  text = (whole / journal.METRICS).read_text()
  counts = {'kills': num, 'in_mid_run': 0, 'exact': 0}
  for _ in range(num):
    with tempfile.TemporaryDirectory() as place:
      workdir = pathlib.Path(place, 'run')
      process = subprocess.Popen(
        command(family, corpus, workdir),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
      )
      time.sleep(rng.uniform(0, seconds))
      process.kill()
      process.wait()
      counts['in_mid_run'] += bool(journal.read(workdir))
      again, _ = train(family, corpus, workdir)
      same = (workdir / journal.METRICS).read_text() == text
      counts['exact'] += again == digest and same
  return counts


def main() -> None:
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--damages', type=int, default=200)
  parser.add_argument('--kills', type=int, default=50)
  parser.add_argument('--families', default='gru')
  parser.add_argument('--seed', type=int, default=0)
  args = parser.parse_args()
  rng = random.Random(args.seed)
  for family in args.families.split(','):
    with tempfile.TemporaryDirectory() as folder:
      hurt_a_run(family, pathlib.Path(folder), args.damages, args.kills, rng)


def hurt_a_run(family, folder, num_damages: int, num_kills: int, rng) -> None:
  corpus, whole = folder / 'corpus', folder / 'whole'
  corpus.mkdir()
  write_corpus(corpus)
  train(family, corpus, folder / 'warm')  # Fills the cache of programs.
  digest, seconds = train(family, corpus, whole)
  if num_damages:
    result = damages(whole / 'checkpoints', num_damages, rng)
    print(json.dumps({'family': family} | result), flush=True)
  if num_kills:
    result = kills(family, corpus, whole, digest, seconds, num_kills, rng)
    result |= {'seconds_of_a_run': round(seconds, 1)}
    print(json.dumps({'family': family} | result), flush=True)


if __name__ == '__main__':
  main()
