"""A model is a run of one's own or one of the package: one of them, that is."""

import json

import pytest

from tests.experiments.commands import run


@pytest.mark.parametrize(
  'arguments,message',
  [
    (['--workdir=a', '--pretrained=b'], '--workdir and --pretrained: give one'),
    ([], '--workdir is missing'),
    (['--pretrained=gru-chorale'], 'did you mean gru-chorales?'),
  ],
)
def test_refused_in_one_line(tmp_path, arguments, message):
  answer = run('generate', f'--output_dir={tmp_path}', *arguments)
  assert answer.returncode == 2
  assert message in answer.stderr and answer.stderr.count('\n') == 1


def test_a_model_of_the_package_scores_other_music(tmp_path):
  chosen = '--pretrained=gru-chorales'
  music, figures = tmp_path / 'music', tmp_path / 'figures.json'
  answer = run(
    'generate',
    chosen,
    f'--output_dir={music}',
    '--num_outputs=24',
    '--num_steps=16',
  )
  assert answer.returncode == 0, answer.stderr
  answer = run(
    'evaluate',
    chosen,
    f'--corpus={music}',
    f'--json={figures}',
    '--nonovelty',
    '--novoice_leading',
    '--split=train',
  )
  assert answer.returncode == 0, answer.stderr
  # It is its own music, and such short pieces mostly a beginning.
  assert 0 < json.loads(figures.read_text())['nll_per_note'] < 1.5
