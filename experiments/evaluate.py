"""Scores a trained model on a split of its corpus, in nats."""

import json
import pathlib

from absl import flags

from experiments import launch
from musiczoo.errors import UserError

WORKDIR = flags.DEFINE_string('workdir', None, 'Folder of a trained model.')
SPLIT = flags.DEFINE_enum(
    'split', 'test', ['train', 'valid', 'test'], 'Pieces to score.'
)
JSON = flags.DEFINE_string('json', None, 'File to write the figures to.')
ORDERINGS = flags.DEFINE_integer(
    'orderings', None, 'Score frame by frame in so many random orders, too.',
    lower_bound=1,
)
MAX_FRAMES = flags.DEFINE_integer(
    'max_frames', 2000, 'A random sample of frames for that.', lower_bound=1
)

NOVELTY = flags.DEFINE_bool(
    'novelty', True, 'Say what of the test split is found in the training split.'
)


def main():
  launch.require(workdir=WORKDIR.value)
  from musiczoo import build, copying, workdir
  from musiczoo.evaluate import make_figures, make_likelihood
  from musiczoo.orderings import framewise

  build.cache_compilation()
  config, system, params, step = workdir.load(WORKDIR.value)
  if ORDERINGS.value is not None and system.model.conditional is None:
    raise UserError(
        '--orderings means nothing to this model, which has one order: leave '
        'it out'
    )
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
  if ORDERINGS.value is not None:
    figures |= framewise(
        *given[:3],
        params,
        batch_size=given[3],
        orderings=ORDERINGS.value,
        max_frames=MAX_FRAMES.value,
    )
  if NOVELTY.value and SPLIT.value == 'test':
    real = copying.copying(corpus, system.representation.steps_per_quarter)
    figures |= {
        f'test_in_train_{name}': value
        for name, value in real['test'].items()
        if isinstance(value, float)
    }
  for name, value in figures.items():
    shown = f'{value:.4f}' if isinstance(value, float) else value
    print(f'{name:>28}  {shown}')
  if JSON.value:
    launch.write_text(
        pathlib.Path(JSON.value), json.dumps(figures, indent=1) + '\n'
    )


if __name__ == '__main__':
  launch.run(main)
