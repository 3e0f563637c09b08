"""What `pip install` makes: one top-level package, and commands that run."""

import importlib.util
import os
import pathlib
import site
import subprocess
import sys
import venv
import zipfile

import pytest

from tests.runs.sweep import small

ROOT = pathlib.Path(__file__).parents[1]
SECONDS = 600
TINY = [
  '--config.steps=4',
  '--config.batch_size=2',
  '--config.window=8',
  '--config.eval_every=4',
  '--config.checkpoint_every=4',
]

pytestmark = [
  pytest.mark.slow,
  pytest.mark.skipif(
    importlib.util.find_spec('hatchling') is None,
    reason='builds without a network: pip install hatchling editables',
  ),
]


def call(*arguments, cwd=None, status=0):
  """Runs a program outside the checkout; returns what it printed."""
  environ = {k: v for k, v in os.environ.items() if k != 'PYTHONPATH'}
  answer = subprocess.run(
    list(map(str, arguments)),
    cwd=cwd,
    env=environ,
    text=True,
    capture_output=True,
    timeout=SECONDS,
  )
  assert answer.returncode == status, answer.stderr
  return answer.stdout


@pytest.fixture(scope='module')
def wheel(tmp_path_factory):
  folder = tmp_path_factory.mktemp('wheel')
  call(
    sys.executable,
    '-m',
    'pip',
    'wheel',
    '--quiet',
    '--no-deps',
    '--no-build-isolation',
    f'--wheel-dir={folder}',
    ROOT,
  )
  (path,) = folder.glob('*.whl')
  return path


@pytest.fixture(scope='module', params=['wheel', 'editable'])
def installed(request, tmp_path_factory):
  """(folder of the commands, a folder outside the checkout)."""
  folder = tmp_path_factory.mktemp('installed')
  venv.create(folder / 'venv', with_pip=False)
  python = folder / 'venv' / 'bin' / 'python'
  # Dependencies come from here. A path in a .pth file adds no other .pth file,
  # so an editable install of the checkout stays out.
  (purelib,) = (folder / 'venv' / 'lib').glob('*/site-packages')
  (purelib / 'dependencies.pth').write_text('\n'.join(site.getsitepackages()))
  source = ['--editable', ROOT]
  if request.param == 'wheel':
    source = [request.getfixturevalue('wheel')]
  call(
    sys.executable,
    '-m',
    'pip',
    f'--python={python}',
    'install',
    '--quiet',
    '--no-deps',
    '--no-build-isolation',
    '--ignore-installed',
    *source,
  )
  where = 'import musiczoo; print(musiczoo.__file__)'
  found = pathlib.Path(call(python, '-c', where, cwd=folder).strip())
  assert found.is_relative_to(folder if request.param == 'wheel' else ROOT)
  return python.parent, folder


def test_the_wheel_holds_one_package(wheel):
  names = zipfile.ZipFile(wheel).namelist()
  packages = {name.split('/')[0] for name in names}
  assert len(packages) == 2
  assert {p for p in packages if not p.endswith('.dist-info')} == {'musiczoo'}
  ours = {f'musiczoo/{p}' for p in _tracked('experiments')}
  ours |= set(_tracked('musiczoo')) - {'musiczoo/experiments'}
  assert {n for n in names if n.startswith('musiczoo/')} == ours


def _tracked(folder):
  return call('git', 'ls-files', folder, cwd=ROOT).split()


def test_a_pretrained_model_writes_music(installed):
  commands, folder = installed
  call(
    commands / 'musiczoo-generate',
    '--pretrained=lstm-chorales',
    '--output_dir=music',
    '--num_outputs=1',
    '--num_steps=16',
    cwd=folder,
  )
  assert (folder / 'music' / '000.mid').stat().st_size > 100


def test_a_config_of_the_package_trains(installed):
  commands, folder = installed
  corpus = small.rolls(folder / 'rolls.npz')
  printed = call(
    commands / 'musiczoo-train',
    '--config=poly.py:unigram',
    f'--config.corpus={corpus}',
    '--workdir=run',
    *TINY,
    cwd=folder,
  )
  assert printed.splitlines()[-1].startswith('params_sha256=')


def test_a_sweep_starts_its_trials(installed):
  commands, folder = installed
  corpus = small.rolls(folder / 'rolls.npz')
  call(
    commands / 'musiczoo-sweep',
    '--config=poly.py:unigram',
    '--seeds=2',
    f'--config.corpus={corpus}',
    '--workdir=sweep',
    *TINY,
    cwd=folder,
  )
  (table,) = (folder / 'sweep').glob('*.csv')
  assert len(table.read_text().splitlines()) >= 2


def test_help_lists_the_flags_of_a_command(installed):
  commands, folder = installed
  printed = call(commands / 'musiczoo-export', '--help', cwd=folder)
  for flag in '--workdir', '--pretrained', '--output_dir', '--[no]onnx':
    assert flag in printed
