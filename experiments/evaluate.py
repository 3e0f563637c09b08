"""Scores a trained model on a split of its corpus, in nats."""

import json
import pathlib

from absl import flags

from experiments import launch

WORKDIR = flags.DEFINE_string('workdir', None, 'Folder of a trained model.')
SPLIT = flags.DEFINE_enum(
    'split', 'test', ['train', 'valid', 'test'], 'Pieces to score.'
)
JSON = flags.DEFINE_string('json', None, 'File to write the figures to.')

NOVELTY = flags.DEFINE_bool(
    'novelty', True, 'Say what of the test split is found in the training split.'
)


def main():
  launch.require(workdir=WORKDIR.value)
  from musiczoo import build, collapse, copying, workdir
  from musiczoo.evaluate import make_figures, make_likelihood

  build.cache_compilation()
  config, system, params, step = workdir.load(WORKDIR.value)
  corpus = build.corpus(config)
  pieces = build.pieces(
      config, corpus, SPLIT.value, system.representation
  )
  devices = build.devices(config)
  given = devices, system, pieces, config['batch_size']
  params = devices.replicate(params)
  figures = {'split': SPLIT.value, 'pieces': len(pieces), 'step': step}
  figures |= make_likelihood(*given)(params)
  if system.model.figures is not None:
    figures |= make_figures(*given, system.model.figures)(params)
  alarm = None
  if system.model.decode is not None:
    train = build.pieces(config, corpus, 'train', system.representation)
    figures |= collapse.unigram(devices, system, train, *given[2:])
    figures |= collapse.active(figures)
    alarm = collapse.alarm(figures)
  if NOVELTY.value and SPLIT.value == 'test':
    real = copying.copying(corpus, system.representation.steps_per_quarter)
    figures |= {
        f'test_in_train_{name}': value
        for name, value in real['test'].items()
        if isinstance(value, float)
    }
  for name, value in figures.items():
    print(f'{name:>28}  {_shown(value)}')
  if alarm:
    print(alarm)
  if JSON.value:
    launch.write_text(
        pathlib.Path(JSON.value), json.dumps(figures, indent=1) + '\n'
    )


def _shown(value):
  if isinstance(value, list):
    return ' '.join(f'{v:.2f}' for v in value)
  return f'{value:.4f}' if isinstance(value, float) else value


if __name__ == '__main__':
  launch.run(main)
