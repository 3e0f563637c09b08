"""What is checked, and when the check fails; nothing is compiled for a TPU."""

import importlib.util
import json
import sys

import jax
import pytest

from musiczoo.training import flops
from tests import configs
from tpu_scripts import chips, compile_check, programs
from tpu_scripts.compile_check import Checked

SMALL = [
  ('model.hidden', '8'),
  ('window', '16'),
  ('batch_size', '6'),
  ('conditions.columns', 'key'),
]


@pytest.fixture
def checked(monkeypatch):
  """Returns run(*flags, errors): main's status; and the cases it checked."""
  cases = []

  def run(*flags, errors=()):
    def check(*case):
      cases.append(case)
      return Checked(*case, error='too big' if case[0] in errors else '')

    monkeypatch.setattr(compile_check, 'check', check)
    monkeypatch.setattr(sys, 'argv', ['compile_check', *flags])
    return compile_check.main()

  return run, cases


def test_by_default_all_families_on_four_chips(checked):
  run, cases = checked
  assert run() == 0
  assert {c[2:4] for c in cases} == {('v5e:2x2', 'bfloat16')}
  families = {c[0] for c in cases if c[1] == 'train' and c[4] == 'jit'}
  assert families == {c[0] for c in cases if c[1] == 'sample'}
  assert families == set(compile_check.FAMILIES)


def test_all_is_all_and_no_sampler_twice(checked):
  run, cases = checked
  assert run('--all', '--families=gan') == 0
  trained = [c for c in cases if c[1] == 'train']
  assert len(set(cases)) == len(cases)
  assert len(trained) == 8 * 2 * 2 and len(cases) - len(trained) == 4 * 2


def test_one_failure_fails_the_check(checked, capsys):
  run, _ = checked
  assert run('--families=gru,gan', errors=('gan',)) == 1
  assert 'FAILED: too big' in capsys.readouterr().out


def test_what_the_file_holds_is_not_compiled_again(checked, tmp_path):
  run, cases = checked
  file = tmp_path / 'figures.json'
  run('--families=gru', f'--json={file}', errors=('gru',))
  assert len(cases) == 2
  # A failure that is on file is still a failure.
  assert run('--families=gru,gan', f'--json={file}') == 1
  assert len(cases) == 4 and len(json.loads(file.read_text())) == 4


@pytest.mark.parametrize('flag', ['--topologies=v9:2x2', '--families=lstn'])
def test_slips_are_refused(checked, flag, capsys):
  run, cases = checked
  with pytest.raises(SystemExit, match='2'):
    run(flag)
  assert 'choose of' in capsys.readouterr().err and not cases


def test_without_the_compiler_one_line_says_so(monkeypatch):
  monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
  with pytest.raises(SystemExit, match=r"pip install -e '\.\[tpu\]'"):
    chips.of('v5e:2x2')


def test_roofline():
  chip = chips.Chip(peak=100, bandwidth=10, memory=50, clock=2)
  # 8 cycles are 4 s; the matmuls take 1 s at least, the bytes 3 s.
  assert compile_check._roofline(chip, 100, 0, 8) == 0.25
  assert compile_check._roofline(chip, 100, 30, 8) == 0.75


def test_both_modes_share_the_batch_and_add_up():
  config = configs.load('chorales.py:rnn', SMALL)
  for mode in 'jit', 'pmap':
    program = programs.train(config, jax.devices(), mode)
    state, batch = program.args
    assert batch['x'].shape == (1, 16, 4)  # 6 rows, and 8 devices.
    assert batch['cond'].shape[:2] == (1, 16)
    assert 'all_reduce' in program.lowered.as_text()
  assert flops.flops(program.function, *program.args, axes=program.axes) > 0


def test_the_sampler_is_given_what_the_model_asks_for():
  config = configs.load('chorales.py:rnn', SMALL)
  program = programs.sample(config, jax.devices()[0])
  assert program.args[2].cond.shape[:2] == (programs.PIECES, programs.STEPS)
