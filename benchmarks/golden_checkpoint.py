"""A tiny run walks in; the folder its checkpoints are in walks out.

The tests load what each release has saved with every later one. Made with

  python -m benchmarks.golden_checkpoint /golden/checkpoint-0.1

of twelve pieces that are made here, each a scale in four voices; beside it
`expected.json`, the nats of those pieces.
"""

import contextlib
import dataclasses
import json
import pathlib
import sys
import tempfile

import numpy as np

from experiments import config as configs
from musiczoo import build
from musiczoo.evaluation import likelihood
from musiczoo.music import midi
from musiczoo.music.score import Score, Track
from musiczoo.runs import run as run_lib, workdir

SMALL = {
  'steps': '2',
  'steps_per_dispatch': '2',
  'eval_every': '2',
  'checkpoint_every': '2',
  'batch_size': '8',
  'window': '8',
  'model.hidden': '3',
  'model.layers': '1',
  'head.features': '2',
  'head.hidden': '2',
}


def write_corpus(folder: pathlib.Path) -> None:
  """Forty scales: enough for a validation piece to be among them."""
  tracks = tuple(Track(52, name=n) for n in 'SATB')
  for i in range(40):
    notes = [
      (480 * step, 480, 72 - 8 * voice + (step + i) % 7, 80, voice)
      for step in range(4)
      for voice in range(4)
    ]
    midi.write(Score(np.array(notes, np.int32), tracks), folder / f'{i}.mid')


def nats(run: pathlib.Path, corpus: pathlib.Path) -> float:
  """Of the validation pieces, by the model saved in a run."""
  config, pipeline, params, _ = workdir.load(run)
  config = dataclasses.replace(config, corpus=str(corpus))
  devices = build.devices(config)
  pieces = build.pieces(config, pipeline, build.corpus(config), 'valid')
  judge = likelihood.make_validation(devices, pipeline, pieces, 8)
  return judge(devices.replicate(params))['nll_per_note']


def main(output: str) -> None:
  run, corpus = pathlib.Path(output).absolute(), pathlib.Path('corpus')
  changes = list((SMALL | {'corpus': str(corpus)}).items())
  config = configs.load('experiments/configs/chorales.py:gru', changes)
  with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
    corpus.mkdir()
    write_corpus(corpus)
    run_lib.fit(build.RunConfig.from_dict(config), run)
    expected = {'nll_per_note': nats(run, corpus)}
  (run / 'expected.json').write_text(json.dumps(expected) + '\n')


if __name__ == '__main__':
  main(*sys.argv[1:])
