"""The demo: trains an LSTM on chorales, evaluates it and samples new ones.

  python -m experiments.demo --config.steps=1000 \\
      --config.optimizer.decay_steps=1000 --config.ema_decay=0.99
"""

import os
import pathlib
import sys

from absl import flags

from . import launch, pages, progress

OUTPUT_DIR = flags.DEFINE_string('output_dir', 'out/demo', 'Output folder.')
CONFIG = launch.config_flag('experiments/configs/chorales.py:lstm')


def main() -> int:
  config = launch.config(CONFIG.value)
  output = pathlib.Path(OUTPUT_DIR.value)
  launch.make_folder(output)
  from musiczoo import build

  config = build.RunConfig.from_dict(config)
  run = output / 'run'
  print('1/3  Train an LSTM on four-part chorales by J. S. Bach')
  _, signals = progress.fit(config, run)
  if signals.received:
    print('stopped; everything is saved: the same command goes on from here')
    return signals.status()
  print(
    '2/3  Evaluate it on pieces that it was not trained on, in nats per note'
  )
  trained, corpus, figures = _evaluate(run, output / 'curve.png')
  print('3/3  Sample eight chorales')
  _sample(trained, corpus, figures, output)
  python = f'{os.path.relpath(sys.executable)} -m experiments'
  print(f"""
Listen:      {output}/listen.html in a browser, or 000.mid ... 007.mid
Look:        {output}/curve.png, 000.png
More music:  {python}.generate --workdir={run} \\
                 --output_dir=out/more --seed=1
Your start:  ... --primer_midi=FILE.mid
Your music:  {python}.train --config={CONFIG.value} \\
                 --config.corpus=FOLDER --workdir=out/mine
""")
  return 0


def _evaluate(run, curve):
  """Prints figures and baselines, and draws the curve of the run.

  Returns:
    the `pages.Trained` model, the corpus, and the figures on test.
  """
  from musiczoo import build
  from musiczoo.evaluation import baselines, likelihood
  from musiczoo.runs import workdir
  from musiczoo.show.plots import curves

  config, pipeline, params, _ = workdir.load(run)
  corpus = build.corpus(config)
  devices = build.devices(config)
  train = build.pieces(config, pipeline, corpus, 'train').x
  figures, baseline = {}, {}
  for split in 'valid', 'test':
    pieces = build.pieces(config, pipeline, corpus, split)
    score = likelihood.make_likelihood(
      devices, pipeline, pieces, config.batch_size
    )
    figures[split] = score(devices.replicate(params))
    baseline[split] = {
      'any symbol in use': baselines.uniform(train),
      'per-voice bigram': baselines.bigram(train, pieces.x),
    }
    print(
      f'     {split:>5}: {figures[split]["nll_per_note_pitch"]:.3f} for the '
      f'pitch + {figures[split]["nll_per_note_onset"]:.3f} for the onset'
    )
  for name, value in baseline['test'].items():
    print(f'     baseline: {value:.3f} for the pitch, {name} (test)')
  monitor = 'valid_nll_per_note_pitch'
  curves.draw(run, curve, monitor=monitor, baselines=baseline['valid'])
  return pages.Trained(config, pipeline, params), corpus, figures['test']


def _sample(trained, corpus, figures, output):
  """Writes eight pieces and the page, and prints what is copied."""
  from musiczoo.evaluation.novelty import report
  from musiczoo.sampling import generate
  from musiczoo.sampling.checks import check_controls
  from musiczoo.show import outputs

  config, pipeline, params = trained.config, trained.pipeline, trained.params
  generated = generate.generate(
    pipeline,
    params,
    num_outputs=8,
    num_steps=256,
    seed=config.seed,
    controls=check_controls(pipeline),
  )
  music = outputs.write_scores(generated.scores, output, title='chorale')
  grid = pipeline.spec.steps_per_quarter
  copied = report.report(corpus, grid, generated=generated.scores)
  print(report.summary(copied['generated'], copied['test'], grid))
  _page(output, trained, corpus, music, copied, figures)


def _page(output, trained, corpus, music, copied, figures):
  """Writes listen.html: the new chorales beside Bach's."""
  from musiczoo.show.page import numbers

  grid = trained.pipeline.spec.steps_per_quarter
  num_steps = pages.segment_steps(grid)
  of_all = {
    f'{numbers.label(name)}, all test pieces': value
    for name, value in figures.items()
  }
  pages.write(
    output / 'listen.html',
    "Chorales by the demo's LSTM",
    [
      pages.generated_group(
        'Generated',
        music,
        trained,
        num_steps,
        group=numbers.copied(copied['generated']),
        piece=numbers.longest(copied['generated'], grid),
      ),
      pages.real_group(
        corpus,
        'test',
        trained,
        num_steps,
        group=of_all | numbers.copied(copied['test']),
      ),
    ],
    pages.notes(trained, num_steps, pages.COPIED_NOTE),
  )


def run() -> None:
  """The command: its flags, errors in one line, its exit status."""
  launch.run(main)


if __name__ == '__main__':
  run()
