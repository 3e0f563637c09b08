"""Resume: the same bits at the compiler's normal optimisation level (law 5)."""

import os
import re

import pytest

from musiczoo.training import journal
from tests.experiments.commands import start
from tests.golden_run import write_corpus

pytestmark = pytest.mark.slow

NUMBERS = {
  'model.hidden': 24,
  'head.features': 3,
  'head.hidden': 4,
  'batch_size': 8,
  'window': 16,
  'eval_every': 3,
  'checkpoint_every': 3,
  'log_every': 1,
  'steps_per_dispatch': 3,
}


def train(config, corpus, workdir, steps):
  """Trains in a process of its own; returns its output."""
  numbers = NUMBERS | {'corpus': corpus, 'steps': steps}
  process = start(
    'train',
    f'--config=experiments/configs/chorales.py:{config}',
    f'--workdir={workdir}',
    *(f'--config.{name}={value}' for name, value in numbers.items()),
    # The suite's own flags switch the compiler's passes off.
    env={k: v for k, v in os.environ.items() if k != 'XLA_FLAGS'},
  )
  out, errors = process.communicate(timeout=240)
  assert process.returncode == 0, errors
  return out


def test_a_prolonged_run_is_the_long_run(tmp_path):
  corpus = tmp_path / 'corpus'
  corpus.mkdir()
  write_corpus(corpus)
  digests, journals = [], []
  for name, parts in ('whole', [12]), ('parts', [6, 12]):
    for steps in parts:
      out = train('lstm', corpus, tmp_path / name, steps)
    digests.append(re.search('params_sha256=([0-9a-f]{64})', out)[1])
    journals.append(journal.read(tmp_path / name))
  assert digests[0] == digests[1]
  assert journals[0] == journals[1] and len(journals[0]) >= 12
