"""Tunes of a model beside real ones: metre, repeats, the last note.

  python -m benchmarks.tunes --workdir=out/tunes [--json=FILE]

samples tunes of 32 bars, as many of each of four styles in each of four keys, and
compares them with the tunes of the same styles and meters in the valid and test
splits: see `measure_tune`. Needs a model of the corpus tunes with the conditions
key, meter and style.
"""

import pathlib
import shlex
import sys

from absl import flags

from experiments import launch

WORKDIR = flags.DEFINE_string('workdir', None, 'Of a trained model.')
NUM = flags.DEFINE_integer(
  'num', 4, 'Tunes of each style in each key.', lower_bound=1
)
SEED = flags.DEFINE_integer('seed', 0, 'Of the samples.')
JSON = flags.DEFINE_string('json', None, 'A file to write all figures to.')

BARS = 32
KEYS = 'D', 'G', 'A', 'Em'
# Style -> meter, and steps of a bar.
STYLES = {
  'reel': ('4/4', 48),
  'jig': ('6/8', 36),
  'hornpipe': ('4/4', 48),
  'air': ('3/4', 36),
}


def main():
  from musiczoo import build
  from musiczoo.music import json_files
  from musiczoo.runs import workdir

  build.cache_compilation()
  config, pipeline, params, _ = workdir.load(WORKDIR.value)
  corpus = build.corpus(config)
  real = [piece for split in ('valid', 'test') for piece in corpus[split]]
  figures = {}
  for style in STYLES:
    new = _sample(pipeline, params, style)
    figures[style] = _compare(_measure_real(real, style), new)
  figures['mean'] = _mean(figures)
  for style, table in figures.items():
    print(style)
    for name, (of_real, of_new) in table.items():
      print(f'  {name:24}{of_real:8.3f}{of_new:8.3f}')
  if JSON.value:
    command = shlex.join(['python', '-m', 'benchmarks.tunes', *sys.argv[1:]])
    text = json_files.text({'command': command, 'figures': figures})
    launch.write_text(pathlib.Path(JSON.value), text)


def _sample(pipeline, params, style):
  """Measures of new tunes of a style, as many in each key."""
  from musiczoo.evaluation.metrics.tunes import measure_tune
  from musiczoo.music import chord_names
  from musiczoo.sampling import checks, forms, generate

  meter, steps = STYLES[style]
  form = {'num_steps': BARS * steps, 'time_signature': meter, 'phrases': None}
  form = checks.check_form(pipeline, **form)
  planned = forms.plan(pipeline, NUM.value, seed=SEED.value, **form)
  found = []
  for key in KEYS:
    asked = {'key': key, 'style': style}
    made = generate.generate(
      pipeline,
      params,
      num_outputs=NUM.value,
      num_steps=form['num_steps'],
      seed=SEED.value,
      controls=checks.check_controls(pipeline),
      requested=checks.check_requested(
        pipeline.model, pipeline.conditions, **asked
      ),
      forms=planned,
    )
    tonic = chord_names.parse_key(key)[0]
    found += [measure_tune(score, tonic) for score in made.scores]
  return found


def _measure_real(pieces, style):
  """Measures of the tunes of a style, in its meter, whose key is known."""
  import numpy as np

  from musiczoo.evaluation.metrics.tunes import measure_tune, STEPS
  from musiczoo.music import chord_names, metre
  from musiczoo.music.quantize import quantize

  found = []
  for piece in pieces:
    its_style, key, *_ = piece.name.split('/')
    bars = np.diff(metre.bars(quantize(piece.score, STEPS)))
    is_in_meter = np.bincount(bars).argmax() == STYLES[style][1]
    if its_style == style and is_in_meter and key != 'unknown':
      tonic = chord_names.parse_key(key.partition('-')[0])[0]
      found.append(measure_tune(piece.score, tonic))
  return found


def _compare(real, new):
  """Name -> (mean of the real, mean of the new)."""
  import numpy as np

  return {
    name: tuple(
      float(np.nanmean([getattr(m, name) for m in side]))
      for side in (real, new)
    )
    for name in real[0]._fields
  }


def _mean(figures):
  """The mean over the styles, each counted once."""
  import numpy as np

  names = next(iter(figures.values()))
  return {
    name: tuple(
      float(x) for x in np.mean([of[name] for of in figures.values()], axis=0)
    )
    for name in names
  }


if __name__ == '__main__':
  launch.run(main, required=[WORKDIR])
