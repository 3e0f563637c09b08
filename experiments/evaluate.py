"""Scores a trained model on a split of its corpus: in nats, or by samples."""

import json
import pathlib

from absl import flags
import numpy as np

from musiczoo.errors import UserError

from . import chosen, launch, pages

CORPUS = flags.DEFINE_string(
    'corpus', None, 'Other music to score than that of its config.'
)
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

SAMPLES = flags.DEFINE_integer(
    'samples', 512, 'Windows to compare, of a model that only samples judge.',
    lower_bound=2,
)
NOVELTY = flags.DEFINE_bool(
    'novelty', True, 'Say what of the test split is found in the training split.'
)


def main():
  chosen.check()
  from musiczoo import build
  from musiczoo.evaluation import audio_baselines, collapse, sample_comparison
  from musiczoo.evaluation.framewise import framewise
  from musiczoo.evaluation.likelihood import make_likelihood, make_metrics
  from musiczoo.evaluation.novelty import report as report_lib
  from musiczoo.models.model import LatentModel, OrderlessModel

  build.cache_compilation()
  config, pipeline, params, step = chosen.load()
  if ORDERINGS.value is not None and not isinstance(
      pipeline.model, OrderlessModel
  ):
    raise UserError(
        '--orderings means nothing to this model, which has one order: leave '
        'it out'
    )
  is_sound = pipeline.representation.spec.kind == 'frames'
  if is_sound and pages.HTML.value is not None:
    raise UserError('--html means nothing to a model of sound: leave it out')
  if CORPUS.value is not None:
    config['corpus'] = CORPUS.value
  corpus = build.corpus(config)
  pieces = build.pieces(
      config, corpus, SPLIT.value, pipeline.representation
  )
  devices = build.devices(config)
  given = devices, pipeline, pieces, config['batch_size']
  replicated = devices.replicate(params)
  figures = {'split': SPLIT.value, 'pieces': len(pieces), 'step': step}
  music = {}
  if pipeline.model.monitor:
    figures |= make_likelihood(*given)(replicated)
  elif is_sound:
    figures |= sample_comparison.make_gap(*given[:3])(replicated)
  else:
    compared = sample_comparison.make_compare(pipeline, pieces, SAMPLES.value)(params)
    music = {'samples': compared.scores}
    figures |= sample_comparison.report(compared)
  figures |= make_metrics(*given, pipeline.model.metrics)(replicated)
  alarm = None
  has_latents = isinstance(pipeline.model, LatentModel)
  if is_sound or has_latents:
    train = build.pieces(config, corpus, 'train', pipeline.representation)
    figures |= (
        audio_baselines.floors_of(pipeline, params, train, pieces) if is_sound
        else collapse.unigram(devices, pipeline, train, *given[2:])
    )
  if has_latents:
    figures |= collapse.active(figures)
    alarm = collapse.alarm(figures)
  if ORDERINGS.value is not None:
    figures |= framewise(
        *given[:3],
        replicated,
        batch_size=given[3],
        orderings=ORDERINGS.value,
        max_frames=MAX_FRAMES.value,
    )
  if NOVELTY.value and SPLIT.value == 'test' and not is_sound:
    found = report_lib.copying(
        corpus, pipeline.representation.spec.steps_per_quarter, **music
    )
    figures |= {
        f'{name}_in_train_{measure}': value
        for name, report in found.items()
        for measure, value in report.items()
        if isinstance(value, float)
    }
  for name, value in figures.items():
    print(f'{name:>36}  {_shown(value)}')
  if alarm:
    print(alarm)
  if JSON.value:
    launch.write_text(
        pathlib.Path(JSON.value), json.dumps(figures, indent=1) + '\n'
    )
  if pages.HTML.value is not None:
    _page((config, pipeline, params), corpus, music.get('samples', []), figures)


def _page(trained, corpus, samples, figures):
  """Writes --html: samples, where there are any, and pieces of the split."""
  from musiczoo.sampling import generate
  from musiczoo.show import page
  from musiczoo.show.page import numbers

  pipeline = trained[1]
  grid = pipeline.representation.spec.steps_per_quarter
  num_steps = pages.stretch(grid, pipeline.model.window)
  sides = {'samples': {}, 'split': {}, 'gap': {}}
  for name, value in figures.items():
    words = numbers.words(name)
    if isinstance(value, dict):
      for side, found in value.items():
        number = found[0] if isinstance(found, tuple) else found
        if np.isfinite(number):
          sides[side][f'{words}, all windows'] = number
    elif isinstance(value, float):
      new = name.startswith('samples_')
      sides['samples' if new else 'split'][f'{words}, all pieces'] = value
  groups = []
  if samples:
    some = [generate.timed(score) for score in samples[: pages.MOST]]
    groups.append(pages.new(
        f'Samples: {len(some)} of {len(samples)}', some, trained, num_steps,
        group=sides['samples'], piece={},
    ))
  groups.append(pages.real(
      corpus, SPLIT.value, trained, num_steps, group=sides['split']
  ))
  if sides['gap']:
    groups.append(page.Group('Gap, 0 to 1', [], sides['gap']))
  pages.write(
      pages.HTML.value,
      f'musiczoo: {chosen.name()}, step {figures["step"]}',
      groups,
      [pages.note(num_steps, grid)],
  )


def _shown(value):
  if isinstance(value, dict):
    return '  '.join(f'{k} {_shown(v)}' for k, v in value.items())
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
