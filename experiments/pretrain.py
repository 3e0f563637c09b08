"""Trains a pretrained model of the zoo and packs it.

  python -m experiments.pretrain --name=lstm-chorales --workdir=out/run

Its card comes from `python -m benchmarks.figures --only=pretrained`, which
evaluates the packed weights, and `python -m docs.render`.
"""

from absl import flags

from musiczoo.errors import UserError

from . import config as configs, launch, progress

VARIANTS = {
  f'{family}-chorales': f'experiments/configs/chorales.py:{family}'
  for family in ('lstm', 'gru', 'cnn', 'infill', 'vae', 'gan', 'structure')
}
NAME = flags.DEFINE_enum('name', None, list(VARIANTS), 'Which one.')
WORKDIR = flags.DEFINE_string(
  'workdir', None, 'Folder of its run; goes on with the run it holds.'
)


def main():
  from musiczoo import build
  from musiczoo.evaluation import voice_comparison
  from musiczoo.evaluation.metrics import grade
  from musiczoo.runs import pretrained

  variant = VARIANTS[NAME.value]
  config = build.RunConfig.from_dict(configs.load(variant))
  done, signals = progress.fit(config, WORKDIR.value)
  if signals.received:
    return signals.status()
  if done.step < config.steps:
    raise UserError(f'{WORKDIR.value} ended at step {done.step}: see there')
  folder = pretrained.MODELS / NAME.value
  scores = voice_comparison.real_scores(
    build.corpus(config)['train'], build.pipeline(config).representation
  )
  pretrained.pack(
    WORKDIR.value, folder, grade.reference(scores), config.sampling
  )
  print(
    f'{folder}: for its card run python -m benchmarks.figures '
    '--only=pretrained, then python -m docs.render'
  )
  return None


def run() -> None:
  """The command: its flags, errors in one line, its exit status."""
  launch.run(main, required=(NAME, WORKDIR))


if __name__ == '__main__':
  run()
