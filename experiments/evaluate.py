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


def main():
  launch.require(workdir=WORKDIR.value)
  from musiczoo import build, workdir
  from musiczoo.evaluate import make_likelihood

  build.cache_compilation()
  config, system, params, step = workdir.load(WORKDIR.value)
  pieces = build.pieces(
      build.corpus(config), SPLIT.value, system.representation
  )
  devices = build.devices(config)
  likelihood = make_likelihood(
      devices, system.model, system.representation, pieces,
      config['batch_size'],
  )
  figures = {
      'split': SPLIT.value,
      'pieces': len(pieces),
      'step': step,
      **likelihood(devices.replicate(params)),
  }
  for name, value in figures.items():
    print(f'{name:>24}  {value:.4f}' if isinstance(value, float) else
          f'{name:>24}  {value}')
  if JSON.value:
    launch.write_text(
        pathlib.Path(JSON.value), json.dumps(figures, indent=1) + '\n'
    )


if __name__ == '__main__':
  launch.run(main)
