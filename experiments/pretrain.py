"""Trains a pretrained model of the zoo and packs it.

  python -m experiments.pretrain --name=lstm-chorales --workdir=out/run
  python -m experiments.pretrain --name=lstm-songs \\
      --workdir=out/songs --corpus=DATASET

Its card comes from `python -m benchmarks.figures --only=pretrained`, which
evaluates the packed weights, or `--only=songs --songs=DATASET`, and
`python -m docs.render`.
"""

from absl import flags

from musiczoo.errors import UserError

from . import config as configs, launch, progress

VARIANTS = {
  f'{family}-chorales': f'experiments/configs/chorales.py:{family}'
  for family in ('lstm', 'gru', 'cnn', 'infill', 'vae', 'gan', 'structure')
}
VARIANTS['lstm-songs'] = 'experiments/configs/tracks.py:lstm_compound'
NAME = flags.DEFINE_enum('name', None, list(VARIANTS), 'Which one.')
WORKDIR = flags.DEFINE_string(
  'workdir', None, 'Folder of its run; goes on with the run it holds.'
)
CORPUS = flags.DEFINE_string(
  'corpus', None, 'A prepared dataset: of lstm-songs, and of it alone.'
)


def main():
  if (CORPUS.value is None) == (NAME.value == 'lstm-songs'):
    raise UserError(
      '--corpus is of --name=lstm-songs, which needs it, and of no other: '
      'give the dataset that prepare made of the songs, or leave it out'
    )
  from musiczoo import build
  from musiczoo.runs import pretrained

  table = configs.load(VARIANTS[NAME.value])
  if CORPUS.value is not None:
    table['corpus'] = CORPUS.value
  config = build.RunConfig.from_dict(table)
  done, signals = progress.fit(config, WORKDIR.value)
  if signals.received:
    return signals.status()
  if done.step < config.steps:
    raise UserError(f'{WORKDIR.value} ended at step {done.step}: see there')
  folder = pretrained.MODELS / NAME.value
  pretrained.pack(WORKDIR.value, folder, _reference(config), config.sampling)
  figures = 'pretrained'
  if CORPUS.value is not None:
    figures = f'songs --songs={CORPUS.value}'
  print(
    f'{folder}: for its card run python -m benchmarks.figures '
    f'--only={figures}, then python -m docs.render'
  )
  return None


def _reference(config):
  """What the music of a model of voices is graded by; None of another."""
  from musiczoo import build
  from musiczoo.evaluation import voice_comparison
  from musiczoo.evaluation.metrics import grade

  representation = build.pipeline(config).representation
  if representation.spec.kind != 'voices':
    return None
  train = build.corpus(config)['train']
  return grade.reference(voice_comparison.real_scores(train, representation))


def run() -> None:
  """The command: its flags, errors in one line, its exit status."""
  launch.run(main, required=(NAME, WORKDIR))


if __name__ == '__main__':
  run()
