"""Two processes on one machine: the same bits as one, and one dies alone."""

import fcntl
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

from experiments import processes
from musiczoo.training import journal
from tests.experiments import commands
from tests.golden_run import write_corpus

ROOT = pathlib.Path(__file__).parents[2]
NUMBERS = {
  'model.hidden': 8,
  'model.layers': 1,
  'head.features': 3,
  'head.hidden': 4,
  'batch_size': 8,
  'window': 16,
  'eval_every': 4,
  'checkpoint_every': 4,
  'log_every': 1,
  'steps_per_dispatch': 2,
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def corpus(tmp_path_factory):
  folder = tmp_path_factory.mktemp('corpus')
  write_corpus(folder)
  return folder


def start(corpus, workdir, devices, *more, steps, stdout=subprocess.PIPE):
  numbers = NUMBERS | {'corpus': corpus, 'steps': steps}
  arguments = [f'--config.{name}={value}' for name, value in numbers.items()]
  flag = f'--xla_force_host_platform_device_count={devices}'
  with commands.default_sighup():
    return subprocess.Popen(
      [
        sys.executable,
        '-m',
        'experiments.train',
        f'--workdir={workdir}',
        '--config=experiments/configs/chorales.py:gru',
        '--reproducible=device_invariant',
        *arguments,
        *more,
      ],
      cwd=ROOT,
      env=os.environ | {'XLA_FLAGS': flag},
      text=True,
      stdout=stdout,
      stderr=subprocess.PIPE,
    )


def start_two(corpus, workdir, *more, steps, stdout=subprocess.PIPE):
  with socket.socket() as s:
    s.bind(('127.0.0.1', 0))
    port = s.getsockname()[1]
  return [
    start(
      corpus,
      workdir,
      2,
      f'--coordinator=127.0.0.1:{port}',
      '--num_processes=2',
      f'--process_id={i}',
      *more,
      steps=steps,
      stdout=stdout,
    )
    for i in range(2)
  ]


def wait_for_steps(workdir):
  deadline = time.monotonic() + 240
  while not journal.read(workdir) and time.monotonic() < deadline:
    time.sleep(0.1)


def digest(output):
  return re.search('params_sha256=([0-9a-f]{64})', output)[1]


def test_two_processes_are_one_run(corpus, tmp_path):
  both = [
    p.communicate(timeout=240)
    for p in start_two(corpus, tmp_path / 'two', steps=8)
  ]
  one = start(corpus, tmp_path / 'one', 1, steps=8).communicate(timeout=240)
  (out, errors), (other, _) = both
  assert 'params_sha256' in out, errors
  assert digest(out) == digest(one[0])
  assert 'params_sha256' not in other  # The first alone speaks.
  two, alone = (
    [e['loss'] for e in journal.read(tmp_path / name) if 'loss' in e]
    for name in ('two', 'one')
  )
  assert two == alone and len(two) == 8
  # Saved by two, one goes on.
  longer = start(corpus, tmp_path / 'two', 1, steps=10).communicate(timeout=240)
  assert 'resume   at step 8' in longer[0], longer[1]


@pytest.mark.parametrize('victim', [0, 1])
def test_a_dead_process_ends_the_others(corpus, tmp_path, victim):
  both = start_two(corpus, tmp_path, steps=10**6)
  wait_for_steps(tmp_path)
  both[victim].send_signal(signal.SIGKILL)
  since = time.monotonic()
  _, errors = both[1 - victim].communicate(timeout=60)
  both[victim].communicate()
  assert both[1 - victim].returncode == processes.AGAIN, errors
  assert 'another process of this run has died' in errors.splitlines()[-1]
  assert time.monotonic() - since < 3 * 10


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_one_process_stops_both(corpus, tmp_path, number):
  both = start_two(corpus, tmp_path, steps=10**6)
  wait_for_steps(tmp_path)
  both[1].send_signal(number)
  for process in both:
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 128 + number, errors
    assert f'({number.name}); everything is saved' in out


@pytest.mark.parametrize('victim', [0, 1])
def test_a_process_that_dies_in_a_save_ends_the_others(
  corpus, tmp_path, victim
):
  more = '--config.checkpoint_every=1', '--config.steps_per_dispatch=1'
  both = start_two(corpus, tmp_path, *more, steps=10**6)
  wait_for_steps(tmp_path)
  deadline = time.monotonic() + 60
  while not list(tmp_path.glob('checkpoints/building-*')):
    assert time.monotonic() < deadline
  both[victim].send_signal(signal.SIGKILL)
  _, errors = both[1 - victim].communicate(timeout=60)
  both[victim].communicate()
  assert both[1 - victim].returncode == processes.AGAIN, errors
  assert len(errors.splitlines()) <= 2, errors


def test_a_process_that_hangs_ends_both(corpus, tmp_path):
  # Nobody reads what the first prints: once the pipe is full it waits for ever in
  # a write. Its other threads go on, and with them its heart.
  unread, full = os.pipe()
  size = fcntl.fcntl(full, fcntl.F_SETPIPE_SZ, 4096)
  os.write(full, bytes(size - 1000))
  more = '--step_timeout=1'
  both = start_two(corpus, tmp_path, more, steps=10**6, stdout=full)
  errors = [process.communicate(timeout=240)[1] for process in both]
  os.close(unread), os.close(full)
  assert [process.returncode for process in both] == [processes.AGAIN] * 2
  named = re.search(r'stuck after step (\d+): .* --step_timeout=1', errors[0])
  assert named and int(named[1]) % 2 == 0, errors  # Of two steps a dispatch.
