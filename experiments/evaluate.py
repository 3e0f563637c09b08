"""Evaluates a trained model on a split, by likelihood or by samples."""

import dataclasses
import json
import pathlib

from absl import flags
import numpy as np

from musiczoo.errors import UserError

from . import launch, model_flags, pages

CORPUS = flags.DEFINE_string(
  'corpus', None, 'Other music to evaluate on than that of its config.'
)
SPLIT = flags.DEFINE_enum(
  'split', 'test', ['train', 'valid', 'test'], 'Pieces to evaluate on.'
)
JSON = flags.DEFINE_string('json', None, 'File to write the figures to.')
ORDERINGS = flags.DEFINE_integer(
  'orderings',
  None,
  'Also compute the frame-wise likelihood, over this many random orders.',
  lower_bound=1,
)
MAX_FRAMES = flags.DEFINE_integer(
  'max_frames', 2000, 'Size of its random sample of frames.', lower_bound=1
)
SAMPLES = flags.DEFINE_integer(
  'samples', 512, 'Windows to sample and compare, of a GAN.', lower_bound=2
)
NOVELTY = flags.DEFINE_bool(
  'novelty', True, 'Report what of the test split is in the training split.'
)


def main():
  model_flags.check()
  from musiczoo import build
  from musiczoo.evaluation import collapse
  from musiczoo.evaluation.framewise import framewise
  from musiczoo.models.model import LatentModel

  build.cache_compilation()
  config, pipeline, params, step = model_flags.load()
  spec = pipeline.spec
  _check(pipeline.model, spec)
  if CORPUS.value is not None:
    config = dataclasses.replace(config, corpus=CORPUS.value)
  corpus = build.corpus(config)
  pieces = build.pieces(config, pipeline, corpus, SPLIT.value)
  devices = build.devices(config)
  given = devices, pipeline, pieces, config.batch_size
  replicated = devices.replicate(params)
  figures = {'split': SPLIT.value, 'pieces': len(pieces), 'step': step}
  measured, samples = _measured(given, params, replicated)
  figures |= measured
  has_latent = isinstance(pipeline.model, LatentModel)
  if spec.is_audio or has_latent:
    train = build.pieces(config, pipeline, corpus, 'train')
    figures |= _baselines(given, params, train)
  warning = None
  if has_latent:
    figures |= collapse.active_dimensions(figures)
    warning = collapse.warning(figures)
  if ORDERINGS.value is not None:
    figures |= framewise(
      *given[:3],
      replicated,
      batch_size=config.batch_size,
      orderings=ORDERINGS.value,
      max_frames=MAX_FRAMES.value,
    )
  if NOVELTY.value and SPLIT.value == 'test' and not spec.is_audio:
    figures |= _novelty(corpus, spec.steps_per_quarter, samples)
  for name, value in figures.items():
    print(f'{name:>36}  {_text(value)}')
  if warning:
    print(warning)
  if JSON.value:
    text = json.dumps(figures, indent=1) + '\n'
    launch.write_text(pathlib.Path(JSON.value), text)
  if pages.HTML.value is not None:
    _page((config, pipeline, params), corpus, samples, figures)


def _check(model, spec):
  """Refuses flags that the model cannot use."""
  from musiczoo.models.model import OrderlessModel

  if ORDERINGS.value is not None and not isinstance(model, OrderlessModel):
    raise UserError(
      '--orderings cannot be used with this model, which has one order: leave '
      'it out'
    )
  if spec.is_audio and pages.HTML.value is not None:
    raise UserError('--html cannot be used with a model of audio: leave it out')


def _measured(given, params, replicated):
  """The model's own figures, and the samples they are of, if any."""
  from musiczoo.evaluation import likelihood, sample_comparison

  _, pipeline, pieces, _ = given
  samples = []
  if pipeline.model.monitor:
    figures = likelihood.make_likelihood(*given)(replicated)
  elif pipeline.spec.is_audio:
    figures = sample_comparison.make_gap(*given[:3])(replicated)
  else:
    compare = sample_comparison.make_compare(pipeline, pieces, SAMPLES.value)
    comparison = compare(params)
    samples = comparison.scores
    figures = sample_comparison.report(comparison)
  metrics = likelihood.make_metrics(*given, pipeline.model.metrics)
  return figures | metrics(replicated), samples


def _baselines(given, params, train):
  from musiczoo.evaluation import collapse
  from musiczoo.evaluation.audio_baselines import audio_baselines

  devices, pipeline, pieces, batch_size = given
  if pipeline.spec.is_audio:
    return audio_baselines(pipeline, params, train, pieces)
  return collapse.accuracy_unigram(devices, pipeline, train, pieces, batch_size)


def _novelty(corpus, steps_per_quarter, samples):
  from musiczoo.evaluation.novelty.report import report

  music = {'samples': samples} if samples else {}
  return {
    f'{name}_in_train_{measure}': value
    for name, found in report(corpus, steps_per_quarter, **music).items()
    for measure, value in found.items()
    if isinstance(value, float)
  }


def _page(trained, corpus, samples, figures):
  """Writes --html: samples, if there are any, and pieces of the split."""
  from musiczoo.show import outputs, page

  pipeline = trained[1]
  grid = pipeline.spec.steps_per_quarter
  num_steps = pages.segment_steps(grid, pipeline.model.window)
  columns = _columns(figures)
  groups = []
  if samples:
    some = [outputs.with_tempo(score) for score in samples[: pages.MAX_PIECES]]
    name, group = f'Samples: {len(some)} of {len(samples)}', columns['samples']
    groups += [
      pages.generated_group(name, some, trained, num_steps, group=group)
    ]
  group = columns['split']
  groups += [
    pages.real_group(corpus, SPLIT.value, trained, num_steps, group=group)
  ]
  if columns['gap']:
    groups.append(page.Group('Gap, 0 to 1', [], columns['gap']))
  title = f'musiczoo: {model_flags.name()}, step {figures["step"]}'
  note = pages.metrics_note(num_steps, grid)
  pages.write(pages.HTML.value, title, groups, [note])


def _columns(figures):
  """Figures of the samples, of the split and of their gap, by label."""
  from musiczoo.show.page.numbers import label

  columns = {'samples': {}, 'split': {}, 'gap': {}}
  for name, value in figures.items():
    if isinstance(value, dict):
      for column, found in value.items():
        number = found[0] if isinstance(found, tuple) else found
        if np.isfinite(number):
          columns[column][f'{label(name)}, all windows'] = number
    elif isinstance(value, float):
      column = 'samples' if name.startswith('samples_') else 'split'
      columns[column][f'{label(name)}, all pieces'] = value
  return columns


def _text(value):
  if isinstance(value, dict):
    return '  '.join(f'{k} {_text(v)}' for k, v in value.items())
  if isinstance(value, tuple):
    mean, low, high = value
    return f'{mean:.4f} [{low:.4f}, {high:.4f}]'
  if isinstance(value, list):
    return ' '.join(f'{v:.2f}' for v in value)
  return f'{value:.4f}' if isinstance(value, float) else value


def run() -> None:
  """The command: its flags, errors in one line, its exit status."""
  launch.run(main)


if __name__ == '__main__':
  run()
