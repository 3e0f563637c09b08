"""Trains a tiny run whose checkpoints the tests load with every later release.

Made with

  python -m benchmarks.golden_checkpoint tests/golden/checkpoint-0.2

of the pieces of `tests.golden_run`, scales in four voices; beside it
`expected.json`, the likelihood of the validation pieces.
"""

import contextlib
import json
import pathlib
import shutil
import sys
import tempfile

from experiments import config as configs
from musiczoo import build
from musiczoo.runs import run as run_lib
from tests.golden_run import nats, write_corpus

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


def main(output: str) -> None:
  destination = pathlib.Path(output).absolute()
  run, corpus = pathlib.Path('run'), pathlib.Path('corpus')
  changes = list((SMALL | {'corpus': str(corpus)}).items())
  config = configs.load('experiments/configs/chorales.py:gru', changes)
  with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
    corpus.mkdir()
    write_corpus(corpus)
    run_lib.fit(build.RunConfig.from_dict(config), run)
    expected = {'nll_per_note': nats(run, corpus)}
    (run / 'expected.json').write_text(json.dumps(expected) + '\n')
    # Times and machines are left out.
    left_out = shutil.ignore_patterns('starts.jsonl', 'timing.jsonl')
    shutil.copytree(run, destination, ignore=left_out)


if __name__ == '__main__':
  main(*sys.argv[1:])
