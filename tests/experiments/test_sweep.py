"""`experiments.sweep` as a user meets it: killed, resumed, refused."""

import importlib.util
import json
import os
import pathlib
import signal
import stat
import subprocess
import sys
import time

import pytest

from musiczoo.training import journal
from tests.experiments.commands import run, start
from tests.runs.sweep import small

CONFIG = '--config=experiments/configs/poly.py:unigram'
GRID = '--grid=optimizer.learning_rate=0.3,0.1'


@pytest.fixture(scope='module')
def corpus(tmp_path_factory):
  return small.rolls(tmp_path_factory.mktemp('corpus') / 'rolls.npz')


def flags(corpus, workdir, **changes):
  changes = (
    {'corpus': corpus} | small.SMALL | {'steps': 16, 'eval_every': 8} | changes
  )
  return [
    CONFIG,
    f'--workdir={workdir}',
    *(f'--config.{key}={value}' for key, value in changes.items()),
  ]


@pytest.fixture(scope='module')
def undisturbed(corpus, tmp_path_factory):
  """A sweep of two points and one seed, and what it said."""
  workdir = tmp_path_factory.mktemp('sweep')
  answer = run(
    'sweep', *flags(corpus, workdir), '--seeds=1', GRID, '--workers=1'
  )
  assert answer.returncode == 0, answer.stderr
  return workdir, answer


def figures(workdir):
  """The bytes of all that must not depend on how it was run."""
  files = [
    *workdir.glob('results.*'),
    *workdir.glob('spread.png'),
    *workdir.glob('trials/*/metrics.jsonl'),
    *workdir.glob('trials/*/result.json'),
  ]
  return {str(f.relative_to(workdir)): f.read_bytes() for f in files}


def test_a_table_and_a_verdict_come_out(undisturbed):
  workdir, answer = undisturbed
  said = answer.stdout
  assert '[2/2] unigram-seed0-' in said
  assert 'learning_rate=0.1' in said
  assert 'undecided at 1 seeds' in said
  content = json.loads((workdir / 'results.json').read_text())
  assert [t['status'] for t in content['trials']] == ['done', 'done']
  assert len(figures(workdir)) == 7
  assert not (workdir / 'workers.log').read_text()


def children(pid):
  found = []
  for path in pathlib.Path('/proc').glob('[0-9]*/stat'):
    try:
      if int(path.read_text().rsplit(')', 1)[1].split()[1]) == pid:
        found.append(int(path.parent.name))
    except OSError:  # It has just ended.
      pass
  return found


def wait_for(condition):
  deadline = time.monotonic() + 240
  while not condition() and time.monotonic() < deadline:
    time.sleep(0.02)
  assert condition()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != 'linux', reason='reads /proc')
def test_worker_and_driver_are_killed_and_nothing_is_lost(
  corpus, tmp_path, undisturbed
):
  arguments = [*flags(corpus, tmp_path), '--seeds=1', GRID, '--workers=1']
  driver = start(
    'sweep', *arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
  )
  started = lambda: list(tmp_path.glob('trials/*/metrics.jsonl'))
  wait_for(started)
  (worker,) = children(driver.pid)
  os.kill(worker, signal.SIGKILL)
  # Another takes its place.
  wait_for(lambda: list(tmp_path.glob('trials/*/result.json')))
  driver.kill()
  driver.wait()
  answer = run('sweep', *arguments)
  assert answer.returncode == 0, answer.stderr
  assert figures(tmp_path) == figures(undisturbed[0])
  # The same command once more has nothing to do.
  before = figures(tmp_path)
  answer = run('sweep', *arguments)
  assert answer.returncode == 0
  assert '[2/2]' not in answer.stdout
  assert 'undecided' in answer.stdout
  assert figures(tmp_path) == before


@pytest.mark.slow
def test_a_signal_saves_all(corpus, tmp_path):
  arguments = flags(
    corpus, tmp_path, steps=10**6, checkpoint_every=10**6, eval_every=10**6
  )
  driver = start('sweep', *arguments, '--seeds=1')
  found = lambda: list(tmp_path.glob('trials/*/metrics.jsonl'))
  wait_for(lambda: found() and journal.read(found()[0].parent))
  driver.terminate()
  output, errors = driver.communicate(timeout=60)
  assert driver.returncode == 128 + signal.SIGTERM, errors
  assert 'not finished: the same command goes on from here' in output
  assert list(tmp_path.glob('trials/*/checkpoints/*'))


@pytest.mark.slow
def test_slurm_runs_the_same_trials(corpus, tmp_path, undisturbed, monkeypatch):
  """By a stand-in for sbatch, which runs the tasks of the array in turn."""
  log = tmp_path / 'sbatch.log'
  stand_in = tmp_path / 'bin' / 'sbatch'
  stand_in.parent.mkdir()
  stand_in.write_text(
    f'#!/bin/bash\nset -e\necho "$@" > {log}\n[ "$1" = --wait ]\n'
    'tasks=$(sed -n "s/^#SBATCH --array=0-\\([0-9]*\\)%.*/\\1/p" "$2")\n'
    'for i in $(seq 0 "$tasks"); do SLURM_ARRAY_TASK_ID=$i bash "$2"; done\n'
  )
  stand_in.chmod(stand_in.stat().st_mode | stat.S_IXUSR)
  arguments = [
    *flags(corpus, tmp_path / 'w'),
    '--seeds=1',
    '--launcher=slurm',
    '--grid=optimizer.learning_rate=0.1',
    '--workers=3',
  ]
  answer = run('sweep', *arguments, '--dry_run')
  assert answer.returncode == 0, answer.stderr
  assert not (tmp_path / 'w').exists()
  script = answer.stdout
  assert '#SBATCH --array=0-0%3\n' in script
  monkeypatch.setenv('PATH', f'{stand_in.parent}:{os.environ["PATH"]}')
  answer = run('sweep', *arguments)
  assert answer.returncode == 0, answer.stderr
  assert log.read_text() == f'--wait {tmp_path}/w/sweep.sbatch\n'
  assert (tmp_path / 'w/sweep.sbatch').read_text() == script
  (same,) = (tmp_path / 'w').glob('trials/*/result.json')
  theirs = undisturbed[0] / same.relative_to(tmp_path / 'w')
  assert same.read_bytes() == theirs.read_bytes()


@pytest.mark.slow
@pytest.mark.skipif(
  not importlib.util.find_spec('ray'), reason='the extra ray is missing'
)
def test_ray_gives_the_same_table(corpus, tmp_path, undisturbed):
  answer = run(
    'sweep', *flags(corpus, tmp_path), '--seeds=1', GRID, '--launcher=ray'
  )
  assert answer.returncode == 0, answer.stderr
  assert figures(tmp_path) == figures(undisturbed[0])


@pytest.mark.parametrize(
  'arguments,message',
  [
    (['--seeds=0'], '--seeds'),
    (['--launcher=condor'], 'local|ray|slurm'),
    (['--grid=window=8,1'], '--config.window=1: give 2 to 1048576'),
    ([], "corpus 'absent.npz': no such file"),
  ],
)
def test_a_slip_is_answered_in_one_line(tmp_path, arguments, message):
  answer = run('sweep', *flags('absent.npz', tmp_path / 'w'), *arguments)
  assert answer.returncode == 2
  assert answer.stdout == ''
  assert len(answer.stderr.splitlines()) == 1, answer.stderr
  assert message in answer.stderr
  # Before anything is trained, or even written.
  assert not list(tmp_path.iterdir())


def test_what_does_not_fit_side_by_side_is_refused_before_it_begins(
  corpus, tmp_path
):
  changes = small.SMALL | {'corpus': corpus, 'model.hidden': 2**15}
  answer = run(
    'sweep',
    '--config=experiments/configs/poly.py:gru_bernoulli',
    f'--workdir={tmp_path / "w"}',
    *(f'--config.{key}={value}' for key, value in changes.items()),
    '--seeds=40',
    '--together=40',
  )
  assert answer.returncode == 2
  (line,) = answer.stderr.splitlines()
  assert 'GB for parameters and optimizer of 40 runs' in line
  assert 'lower --together' in line
  assert not (tmp_path / 'w').exists()
