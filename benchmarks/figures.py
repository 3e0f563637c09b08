"""Measures the figures of README and docs and writes their receipts.

  python -m benchmarks.figures [--only=parameters,baselines,pretrained]

writes docs/results/NAME.json, each with the command that made it; then
`python -m docs.render` puts the figures into the pages.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import jax
import numpy as np

from experiments import config as configs
from musiczoo import build
from musiczoo.evaluation import baselines
from musiczoo.runs import pretrained, workdir

ROOT = pathlib.Path(__file__).parents[1]
RESULTS = ROOT / 'docs/results'
CONFIGS = 'experiments/configs/chorales.py'
VARIANTS = (
  'rnn',
  'lstm',
  'gru',
  'cnn',
  'gru_pianoroll_nade',
  'structure',
  'infill',
  'vae',
  'autoencoder',
  'gan',
)


def parameters() -> dict:
  """Numbers of parameters of the configs of the chorales."""

  def count(variant):
    config = configs.load(f'{ROOT / CONFIGS}:{variant}')
    shapes = workdir.shapes(build.pipeline(config))
    return sum(int(np.prod(s.shape)) for s in jax.tree.leaves(shapes))

  return {variant: count(variant) for variant in VARIANTS}


def of_baselines() -> dict:
  """Nats per note of the test chorales, by models without training."""
  config = configs.load(f'{ROOT / CONFIGS}:lstm')
  pipeline = build.pipeline(config)
  corpus = build.corpus(config)
  train, test = (
    [pipeline.representation.encode(p.score) for p in corpus.splits[split]]
    for split in ('train', 'test')
  )
  return {
    'pieces': sum(len(split) for split in corpus.splits.values()),
    'pieces_train': len(train),
    'pieces_test': len(test),
    'uniform_nats_per_note': baselines.uniform(train),
    'bigram_nats_per_note': baselines.bigram(train, test),
  }


def of_pretrained() -> dict:
  """What `evaluate` and `generate` say of each pretrained model."""
  return {name: _of(name) for name in pretrained.names()}


def _of(name: str) -> dict:
  chosen = f'--pretrained={name}'
  with tempfile.TemporaryDirectory() as folder:
    out = pathlib.Path(folder)
    _run('evaluate', chosen, f'--json={out / "figures.json"}')
    _run('generate', chosen, f'--output_dir={out}', '--novelty')
    figures = json.loads((out / 'figures.json').read_text())
    copies = json.loads((out / 'novelty.json').read_text())
  size = (pretrained.MODELS / name / pretrained.WEIGHTS).stat().st_size
  return figures | {'megabytes': size / 1e6, 'generated': copies}


def _run(command: str, *arguments: str) -> None:
  subprocess.run(
    [sys.executable, '-m', f'experiments.{command}', *arguments],
    stdout=subprocess.DEVNULL,
    check=True,
    cwd=ROOT,
  )


MEASURES = {
  'parameters': parameters,
  'baselines': of_baselines,
  'pretrained': of_pretrained,
}


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--only', default=','.join(MEASURES))
  for name in parser.parse_args().only.split(','):
    command = f'python -m benchmarks.figures --only={name}'
    receipt = {'command': command, 'figures': MEASURES[name]()}
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(receipt, indent=1) + '\n'
    (RESULTS / f'{name}.json').write_text(text)


if __name__ == '__main__':
  main()
