"""The main job, end to end: Bach in, a trained LSTM and new chorales out."""

import os
import pathlib
import sys

from absl import flags

from . import launch, pages
from .progress import Progress

OUTPUT_DIR = flags.DEFINE_string('output_dir', 'out/demo', 'Where it all goes.')
CONFIG = flags.DEFINE_string(
    'config',
    'experiments/configs/chorales.py:lstm',
    'Of voices; --config.NAME=VALUE changes a number of it.',
)


def main() -> int:
  config = launch.config(CONFIG.value)
  output = pathlib.Path(OUTPUT_DIR.value)
  launch.make_folder(output)
  from musiczoo import build
  from musiczoo.evaluation import baselines, likelihood
  from musiczoo.evaluation.novelty import report
  from musiczoo.runs import run as run_lib, workdir
  from musiczoo.sampling import generate
  from musiczoo.show.plots import curves

  build.cache_compilation()
  run = output / 'run'
  print('1/3  Train an LSTM on four-part chorales by J. S. Bach')
  with launch.Signals() as signals, Progress(config['steps']) as progress:
    run_lib.fit(
        config,
        run,
        stopping=signals.stopping,
        report=progress.report,
        say=progress.say,
    )
  if signals.received:
    print('stopped; everything is saved: the same command goes on from here')
    return 128 + signals.received

  print('2/3  Score it on pieces it has not heard, in nats per note')
  _, pipeline, params, step = workdir.load(run)
  corpus = build.corpus(config)
  devices = build.devices(config)
  pieces = {
      split: build.pieces(config, corpus, split, pipeline.representation)
      for split in ('train', 'valid', 'test')
  }
  figures = {
      split: likelihood.make_likelihood(
          devices, pipeline, pieces[split], config['batch_size']
      )(devices.replicate(params))
      for split in ('valid', 'test')
  }

  def lowest(split):
    return {
        'any symbol in use': baselines.uniform(pieces['train'].x),
        'per-voice bigram': baselines.bigram(pieces['train'].x, pieces[split].x),
    }

  for split, values in figures.items():
    print(
        f'     {split:>5}: {values["nll_per_note_pitch"]:.3f} for the pitch + '
        f'{values["nll_per_note_struck"]:.3f} for striking it again'
    )
  for name, value in lowest('test').items():
    print(f'     floor: {value:.3f} for the pitch, {name} (test)')
  curves.draw(
      run,
      output / 'curve.png',
      monitor='valid_nll_per_note_pitch',
      baselines=lowest('valid'),
  )

  print('3/3  Write eight chorales')
  written = generate.generate(
      pipeline, params, num_outputs=8, num_steps=256, seed=config['seed'],
      controls=generate.check_controls(
          pipeline.model, temperature=0.8, top_k=0, top_p=1.0, min_p=0.0
      ),
  )
  music = generate.write(written.scores, output, title='chorale')
  grid = pipeline.representation.spec.steps_per_quarter
  copied = report.copying(corpus, grid, generated=written.scores)
  print(report.in_words(copied['generated'], copied['test'], grid))
  _page(output, (config, pipeline, params), corpus, music, copied, figures['test'])
  python = f'{os.path.relpath(sys.executable)} -m experiments'
  print(f'''
Listen:      {output}/listen.html in a browser, or 000.mid ... 007.mid
Look:        {output}/curve.png, 000.png
More music:  {python}.generate --workdir={run} \\
                 --output_dir=out/more --seed=1 --temperature=0.9
Your start:  ... --primer_midi=FILE.mid
Your music:  {python}.train --config={CONFIG.value} \\
                 --config.corpus=FOLDER --workdir=out/mine
''')
  return 0


def _page(output, trained, corpus, music, copied, figures):
  """Writes listen.html: the new chorales beside Bach's."""
  from musiczoo.show.page import numbers

  grid = trained[1].representation.spec.steps_per_quarter
  num_steps = pages.stretch(grid)
  of_all = {
      f'{numbers.words(name)}, all test pieces': value
      for name, value in figures.items()
  }
  pages.write(output / 'listen.html', "Chorales by the demo's LSTM", [
      pages.new(
          'Generated', music, trained, num_steps,
          group=numbers.copied(copied['generated']),
          piece=numbers.longest(copied['generated'], grid),
      ),
      pages.real(
          corpus, 'test', trained, num_steps,
          group=of_all | numbers.copied(copied['test']),
      ),
  ], [pages.note(num_steps, grid), pages.COPIED])


def run() -> None:
  """The command: its flags, errors in one line, its exit status."""
  launch.run(main)


if __name__ == '__main__':
  run()
