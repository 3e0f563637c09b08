"""Measures the figures of README and docs and writes their receipts.

  python -m benchmarks.figures [--only=parameters,baselines,pretrained]
  python -m benchmarks.figures --only=pretrained --models=gru-chorales
  python -m benchmarks.figures --only=seeds --runs=out/seeds
  python -m benchmarks.figures --only=tunes --runs=out/tunes
  python -m benchmarks.figures --only=songs,song_infill --songs=DATASET
  python -m benchmarks.figures --only=song_parts --runs=out/song_parts

writes docs/results/NAME.json, each with the command that made it. Then
`python -m docs.render` puts the figures into the pages. `autoencoder` trains
a model for ten minutes or more, `seeds` six, unless --runs has them already; the
others take a few. `songs` are lstm-songs beside the songs of a dataset, which is not in
the package. With --models only those pretrained models are measured, and the others
keep what their receipt says.
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
from musiczoo.data import corpora
from musiczoo.evaluation import baselines
from musiczoo.runs import pretrained, workdir

ROOT = pathlib.Path(__file__).parents[1]
RESULTS = ROOT / 'docs/results'
CONFIGS = 'experiments/configs/chorales.py'
# Pretrained models with seed 0 that are trained with other seeds, too.
SEEDED, SEEDS = ('lstm', 'gru', 'cnn'), (1, 2)
VARIANTS = (
  'rnn',
  'lstm',
  'gru',
  'cnn',
  'gru_pianoroll_nade',
  'structure',
  'infill',
  'orderless',
  'vae',
  'autoencoder',
  'gan',
)


def _config(variant: str) -> build.RunConfig:
  return build.RunConfig.from_dict(configs.load(f'{ROOT / CONFIGS}:{variant}'))


def parameters() -> dict:
  """Numbers of parameters of the configs of the chorales."""

  def count(variant):
    config = _config(variant)
    shapes = workdir.shapes(build.pipeline(config))
    return sum(int(np.prod(s.shape)) for s in jax.tree.leaves(shapes))

  return {variant: count(variant) for variant in VARIANTS}


def of_baselines() -> dict:
  """Nats per note of the test chorales, by models without training."""
  config = _config('lstm')
  pipeline = build.pipeline(config)
  corpus = build.corpus(config)
  train, test = (
    [pipeline.representation.encode(p.score) for p in corpus[split]]
    for split in ('train', 'test')
  )
  return {
    'pieces': sum(len(split) for split in corpus.values()),
    'pieces_train': len(train),
    'pieces_test': len(test),
    'uniform_nats_per_note': baselines.uniform(train),
    'bigram_nats_per_note': baselines.bigram(train, test),
  }


def of_pretrained(models: str = '') -> dict:
  """Figures, parameters, size and copies of each pretrained model."""
  names = models.split(',') if models else pretrained.names()
  # Others are made from music that is not in any package.
  names = [name for name in names if name.endswith('-chorales')]
  file = RESULTS / 'pretrained.json'
  known = json.loads(file.read_text())['figures'] if models else {}
  return known | {name: _pretrained(name) for name in names}


def _pretrained(name: str) -> dict:
  chosen = f'--pretrained={name}'
  corpus = build.corpus(pretrained.load(name)[0])
  with tempfile.TemporaryDirectory() as folder:
    figures = _evaluate(chosen)
    _output(
      'experiments.generate', chosen, f'--output_dir={folder}', '--novelty'
    )
    copies = json.loads(pathlib.Path(folder, 'novelty.json').read_text())
  return figures | _facts(name, corpus) | {'copies': copies}


def _facts(name, corpus):
  """What a card begins with."""
  config, _, params, step = pretrained.load(name)
  return {
    'family': config.family,
    'step': step,
    'pieces_train': len(corpus['train']),
    'pieces_test': len(corpus['test']),
    'parameters': sum(p.size for p in jax.tree.leaves(params)),
    'megabytes': (pretrained.MODELS / name / pretrained.WEIGHTS).stat().st_size
    / 1e6,
  }


def of_songs(songs: str) -> dict:
  """lstm-songs: nats of the test songs, and 64 new ones beside real openings.

  Args:
    songs: the dataset that it was trained on.
  """
  name = 'lstm-songs'
  chosen = f'--pretrained={name}'
  with tempfile.TemporaryDirectory() as folder:
    new = f'{folder}/new'
    many = '--num_outputs=64', '--num_steps=1536', f'--output_dir={new}'
    _output('experiments.generate', chosen, *many)
    sides = f'--real={songs}', f'--generated={new}'
    figures = _written('benchmarks.songs', *sides)['figures']
  figures = {'real_songs': figures['songs'], **figures['new']}
  nats = _evaluate(chosen, f'--corpus={songs}', '--nonovelty')
  return _facts(name, corpora.load(songs)) | {'nats': nats} | figures


def of_song_infill(songs: str) -> dict:
  """Holes of songs held out that lstm-songs fills."""
  chosen = '--pretrained=lstm-songs', f'--songs={songs}', '--num=200'
  return _written('benchmarks.song_infill', *chosen)['figures']


def of_song_parts(runs: str) -> dict:
  """Models of songs without a part, whose runs are PART in a folder.

  See `benchmarks.song_parts`, by which they are trained, too.
  """
  found = {}
  for run in sorted(pathlib.Path(runs).iterdir()):
    part, chosen = run.name, f'--workdir={run}'
    left_out = 'benchmarks.song_parts', part
    nats = _written(*left_out, 'experiments.evaluate', chosen, '--nonovelty')
    corpus = json.loads((run / 'config.json').read_text())['corpus']
    with tempfile.TemporaryDirectory() as folder:
      new = f'{folder}/new'
      many = '--num_outputs=64', '--num_steps=1536', f'--output_dir={new}'
      _output(*left_out, 'experiments.generate', chosen, *many)
      sides = f'--real={corpus}', f'--generated={new}'
      figures = _written('benchmarks.songs', *sides)['figures']['new']
    found[part] = {'nats': nats, 'songs': figures['songs']}
  return found


def of_voice_leading() -> dict:
  """Voice-leading and form of the chorales of each split."""
  return _benchmark('voice_leading')


def of_harmonize() -> dict:
  """Voices that infill-chorales writes below sopranos of the test pieces."""
  ways = {
    'infill': (),
    'infill, phrases unknown': ('--nophrases',),
    'infill, parallels forbidden': ('--forbid=parallels',),
  }
  merged = {}
  for way, more in ways.items():
    figures = _benchmark('harmonize', '--pretrained=infill-chorales', *more)
    merged['pieces'] = figures.pop('pieces')
    for name, of in figures.items():
      merged.setdefault(name, {}).update({way: of['model'], 'Bach': of['Bach']})
  return merged


def of_jsb16(runs: str) -> dict:
  """The orderless net on the JSB chorales at sixteenths, whose run is in a folder."""
  orders = '--orderings=5', '--max_frames=500'
  return _evaluate(f'--workdir={runs}', *orders)


def of_structure() -> dict:
  """The parts of structure-chorales, beside rules, music21 and requests."""
  return _benchmark(
    'structure', '--model=structure-chorales', '--pieces=16', '--music21'
  )


def of_attributes() -> dict:
  """How attributes of samples of vae-chorales follow requests."""
  return _benchmark('attributes', '--model=vae-chorales')


def of_tunes(runs: str) -> dict:
  """Models of the corpus tunes, whose runs are FAMILY-SEED in a folder.

  Of each family the figures of all seeds, their mean and standard deviation, and
  those of samples of seed 0.
  """
  by_family: dict = {}
  for run in sorted(pathlib.Path(runs).iterdir()):
    family, _, seed = run.name.rpartition('-')
    by_family.setdefault(family, {})[seed] = _evaluate(f'--workdir={run}')
  found = {}
  for family, seeds in by_family.items():
    found[family] = {'seeds': seeds, **_mean_and_sd(list(seeds.values()))}
    if family != 'vae':
      samples = _written('benchmarks.tunes', f'--workdir={runs}/{family}-0')
      found[family]['samples'] = samples['figures']
  return found


def _mean_and_sd(runs):
  """Of the figures of several seeds: name -> 'mean' and 'sd', null of one."""
  found = {}
  for name, value in runs[0].items():
    if isinstance(value, float):
      each = [figures[name] for figures in runs]
      sd = float(np.std(each, ddof=1)) if len(each) > 1 else None
      found[name] = {'mean': float(np.mean(each)), 'sd': sd}
  return found


def of_autoencoder() -> dict:
  """The autoencoder of the chorales, trained with its config."""
  with tempfile.TemporaryDirectory() as workdir:
    chosen = f'--workdir={workdir}'
    _output('experiments.train', f'--config={CONFIGS}:autoencoder', chosen)
    attributes = _benchmark('attributes', f'--model={workdir}')
    return _evaluate(chosen) | {'attributes': attributes}


def of_seeds(runs: str) -> dict:
  """Figures of the same configs with other seeds, whose runs are in a folder."""

  def measure(variant, seed):
    chosen = f'--workdir={runs}/{variant}-{seed}'
    config = f'--config={CONFIGS}:{variant}'
    _output('experiments.train', config, chosen, f'--config.seed={seed}')
    return _evaluate(chosen)

  return {
    f'{variant}-chorales': {str(seed): measure(variant, seed) for seed in SEEDS}
    for variant in SEEDED
  }


def _evaluate(chosen: str, *more: str) -> dict:
  return _written('experiments.evaluate', chosen, *more)


def _written(module: str, *arguments: str) -> dict:
  """What a command writes to the file of its --json."""
  with tempfile.NamedTemporaryFile(suffix='.json') as file:
    _output(module, *arguments, f'--json={file.name}')
    return json.loads(pathlib.Path(file.name).read_text())


def _benchmark(name: str, *arguments: str) -> dict:
  return json.loads(_output(f'benchmarks.{name}', *arguments))


def _rounded(figures):
  """Six digits: more depend on the machine."""
  if isinstance(figures, dict):
    return {k: _rounded(v) for k, v in figures.items()}
  if isinstance(figures, list):
    return [_rounded(v) for v in figures]
  return float(f'{figures:.6g}') if isinstance(figures, float) else figures


def _output(module: str, *arguments: str) -> str:
  """What a command prints."""
  command = [sys.executable, '-m', module, *arguments]
  done = subprocess.run(
    command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT
  )
  return done.stdout


MEASURES = {
  'parameters': parameters,
  'baselines': of_baselines,
  'pretrained': of_pretrained,
  'voice_leading': of_voice_leading,
  'harmonize': of_harmonize,
  'structure': of_structure,
  'attributes': of_attributes,
  'autoencoder': of_autoencoder,
  'seeds': of_seeds,
  'jsb16': of_jsb16,
  'songs': of_songs,
  'song_infill': of_song_infill,
  'song_parts': of_song_parts,
  'tunes': of_tunes,
}


# The flag that says what figures are of, where that is not in the package, and
# how receipts name it: its value is a path of one machine.
INPUTS = dict.fromkeys(
  ('seeds', 'jsb16', 'tunes', 'song_parts'), ('runs', 'RUNS')
) | dict.fromkeys(('songs', 'song_infill'), ('songs', 'DATASET'))


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--only', default=','.join(MEASURES))
  parser.add_argument('--models', default='')
  parser.add_argument('--runs', default='out/seeds')
  parser.add_argument('--songs', default='out/songs')
  args = parser.parse_args()
  for name in args.only.split(','):
    command = f'python -m benchmarks.figures --only={name}'
    given = [args.models] if name == 'pretrained' else []
    if name in INPUTS:
      flag, label = INPUTS[name]
      given, command = [getattr(args, flag)], f'{command} --{flag}={label}'
    figures = MEASURES[name](*given)
    receipt = {'command': command, 'figures': _rounded(figures)}
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(receipt, indent=1) + '\n'
    (RESULTS / f'{name}.json').write_text(text)


if __name__ == '__main__':
  main()
