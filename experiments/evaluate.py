"""Evaluates a trained model on a split, by likelihood or by samples.

python -m experiments.evaluate --workdir=out/lstm --json=lstm.json
"""

import dataclasses
import json
import pathlib

from absl import flags
import numpy as np

from musiczoo.errors import UserError
from musiczoo.music import json_files

from . import (
  evaluation_page,
  launch,
  model_flags,
  pages,
  progress,
  sampling_flags,
)

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
  upper_bound=1000,
)
MAX_FRAMES = flags.DEFINE_integer(
  'max_frames',
  2000,
  'Size of its random sample of frames.',
  lower_bound=1,
  upper_bound=10**6,
)
SAMPLES = flags.DEFINE_integer(
  'samples',
  512,
  'Windows to sample and compare with real ones, of a GAN.',
  lower_bound=2,
  upper_bound=100_000,
)
VOICE_LEADING = flags.DEFINE_bool(
  'voice_leading',
  True,
  'Of a model of voices, sample pieces and report their voice-leading and form, '
  'beside those of the split.',
)
# So many pieces are measured, where `generate` writes a few.
flags.set_default(sampling_flags.NUM_OUTPUTS, 64)
FEW = 8  # Of a model that computes the whole piece for each of its decisions.
NOVELTY = flags.DEFINE_bool(
  'novelty', True, 'Report what of the test split is in the training split.'
)


def main():
  model_flags.check()
  from musiczoo import build
  from musiczoo.data import corpora
  from musiczoo.evaluation import collapse
  from musiczoo.evaluation.framewise import framewise
  from musiczoo.models.model import LatentModel

  build.cache_compilation()
  config, pipeline, params, step = model_flags.load()
  spec = pipeline.spec
  _check(pipeline.model, spec)
  if CORPUS.value is not None:
    split = 'hash' if corpora.has_split(CORPUS.value) else config.split
    config = dataclasses.replace(config, corpus=CORPUS.value, split=split)
  corpus = build.corpus(config)
  pieces = build.pieces(config, pipeline, corpus, SPLIT.value)
  devices = build.devices(config)
  given = devices, pipeline, pieces, config.batch_size
  replicated = devices.replicate(params)
  figures = {'split': SPLIT.value, 'pieces': len(pieces), 'step': step}
  progress.stage(f'measuring {len(pieces)} pieces')
  measured, samples = _measured(given, params, replicated)
  figures |= measured
  has_latent = isinstance(pipeline.model, LatentModel)
  if spec.is_audio or has_latent:
    train = build.pieces(config, pipeline, corpus, 'train')
    figures |= _baselines(given, params, train)
  elif spec.kind == 'tokens':
    progress.stage('fitting an n-gram')
    figures |= _ngram(config, pipeline, corpus, pieces)
  if spec.kind in ('tokens', 'compound'):
    figures |= _per_note(pipeline, pieces, figures)
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
  if VOICE_LEADING.value and spec.kind == 'voices':
    samples, compared = _voices(config, pipeline, params, corpus)
    figures |= {'sampled_pieces': len(samples), 'voice_leading': compared}
    figures |= _by_place(config, given, params, replicated, samples)
  if NOVELTY.value and SPLIT.value == 'test' and not spec.is_audio:
    progress.stage('looking for copies of training pieces')
    figures |= _novelty(corpus, spec.steps_per_quarter, samples)
  _print(figures)
  if warning:
    print(warning)
  if JSON.value:
    text = json.dumps(json_files.finite(figures), indent=1) + '\n'
    launch.write_text(pathlib.Path(JSON.value), text)
    print(f'wrote {JSON.value}')
  if pages.HTML.value is not None:
    trained = pages.Trained(config, pipeline, params)
    evaluation_page.write(trained, corpus, SPLIT.value, samples, figures)


def _check(model, spec):
  """Refuses flags that the model cannot use."""
  from musiczoo.models.model import OrderlessModel

  if ORDERINGS.value is not None and not isinstance(model, OrderlessModel):
    raise UserError(
      '--orderings cannot be used with this model, which has one order (those of '
      'the family orderless have any): leave it out'
    )
  if spec.kind != 'voices' or not VOICE_LEADING.value:
    by_module = flags.FLAGS.flags_by_module_dict()
    for flag in [*by_module[sampling_flags.__name__], VOICE_LEADING]:
      if flags.FLAGS[flag.name].present and flag.value is not False:
        raise UserError(
          f'--{flag.name} is for the voice-leading of samples, which is not '
          'measured here: leave it out'
        )
  if spec.is_audio and pages.HTML.value is not None:
    raise UserError('--html cannot be used with a model of audio: leave it out')
  pages.check_marks(spec)


def _measured(given, params, replicated):
  """The model's own figures, and the samples they are of, if any."""
  from musiczoo.evaluation import likelihood, sample_comparison

  _, pipeline, pieces, _ = given
  samples = []
  if pipeline.model.monitor:
    figures = likelihood.make_all_likelihoods(*given)(replicated)
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


def _ngram(config, pipeline, corpus, pieces):
  """Baselines of tokens."""
  from musiczoo import build
  from musiczoo.evaluation import baselines

  train, valid = (
    build.pieces(config, pipeline, corpus, split).x
    for split in ('train', 'valid')
  )
  return baselines.ngram(train, valid, pieces.x, pipeline.spec.depth)


def _per_note(pipeline, pieces, figures):
  """The likelihoods of music whose steps are no notes, per note of the pieces."""
  unit, decode = pipeline.spec.unit, pipeline.representation.decode
  notes = sum(len(decode(np.asarray(x)).notes) for x in pieces.x)
  if not notes:
    return {}
  ratio = int(pieces.offsets[-1]) / notes
  return {f'{unit}s_per_note': ratio} | {
    name.replace(f'per_{unit}', 'per_note'): ratio * value
    for name, value in figures.items()
    if name.startswith('nll_')
    and f'per_{unit}' in name
    and 'by_piece' not in name
  }


def _voices(config, pipeline, params, corpus):
  """Sampled pieces, and their figures beside those of the split."""
  from musiczoo.evaluation import voice_comparison
  from musiczoo.models.model import OrderlessModel
  from musiczoo.sampling import generate

  from . import cost

  options = sampling_flags.options(config, pipeline)
  is_slow = isinstance(pipeline.model, OrderlessModel)
  if is_slow and not flags.FLAGS['num_outputs'].present:
    options |= {'num_outputs': FEW, 'forms': options['forms'][:FEW]}
  progress.stage(f'sampling {options["num_outputs"]} pieces')
  cost.announce(pipeline, params, options)
  samples = generate.generate(pipeline, params, **options).scores
  split, train = (
    voice_comparison.real_scores(corpus[name], pipeline.representation)
    for name in (SPLIT.value, 'train')
  )
  music = {'split': split, 'samples': samples}
  return samples, voice_comparison.compare(music, train)


def _by_place(config, given, params, replicated, scores):
  """Nats at openings, ends of phrases and elsewhere, of the split and of samples.

  The samples are plain: candidates of phrases are chosen by these very nats.

  Args:
    scores: samples by the flags.
  """
  from musiczoo import build
  from musiczoo.data.corpus import Piece
  from musiczoo.evaluation import likelihood, places
  from musiczoo.sampling import generate

  devices, pipeline, pieces, batch_size = given
  if not places.can_be_measured(pipeline):
    return {}
  options = sampling_flags.options(config, pipeline)
  if options['phrase_candidates'] > 1:
    options['phrase_candidates'] = 1
    scores = generate.generate(pipeline, params, **options).scores
  found = [Piece(str(i), score) for i, score in enumerate(scores)]
  samples = build.pieces(config, pipeline, {'samples': found}, 'samples')
  figures, metrics = {}, places.make_metrics(pipeline)
  for prefix, music in ('', pieces), ('samples_', samples):
    measure = likelihood.make_metrics(
      devices, pipeline, music, batch_size, metrics
    )
    figures |= {prefix + k: v for k, v in measure(replicated).items()}
  return figures


def _novelty(corpus, steps_per_quarter, samples):
  from musiczoo.evaluation.novelty.report import report

  music = {'samples': samples} if samples else {}
  return {
    f'{name}_in_train_{measure}': value
    for name, found in report(corpus, steps_per_quarter, **music).items()
    for measure, value in found.items()
    if isinstance(value, float | list)
  }


def _print(figures):
  """Prints a line for each figure, and the table of voice-leading."""
  from musiczoo.evaluation import voice_comparison

  for name, value in figures.items():
    interval = figures.get(f'{name}_interval')
    if interval:
      print(f'{name:>36}  {_text((value, *interval))}')
    elif name != 'voice_leading' and not name.endswith('_interval'):
      print(f'{name:>36}  {_text(value)}')
  if 'voice_leading' in figures:
    print(voice_comparison.table(figures['voice_leading']))


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
  launch.run(main, required=[model_flags.EITHER])


if __name__ == '__main__':
  run()
