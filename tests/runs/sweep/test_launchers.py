"""Each job runs once, and workers share a machine."""

import os
import subprocess
import threading

import pytest

from musiczoo.runs import locks
from musiczoo.runs.sweep import results, trials
from musiczoo.runs.sweep.launchers import workers as worker_lib
from musiczoo.runs.sweep.launchers.scheduler import LaunchOptions, schedule
from musiczoo.runs.sweep.launchers.slurm import script


class Fake:
  """A worker that notes what it is given."""

  def __init__(self, jobs, fails=False):
    self.jobs, self.fails = jobs, fails
    self.stopped, self.closed = threading.Event(), False

  def run(self, job):
    if self.fails:
      raise OSError('no more processes')
    self.jobs.append(job)

  def stop(self):
    self.stopped.set()

  def close(self):
    self.closed = True


def options(folder, *, stopping=lambda: False, reported=()):
  command = ['-m', 'trial', f'--workdir={folder}']
  report = getattr(reported, 'append', lambda job: None)
  return LaunchOptions(folder, 2, command, stopping, report)


def test_each_job_is_run_once_and_held_ones_last(tmp_path):
  jobs = [(f't{i}', f'u{i}') for i in range(8)]
  for trial in sum(jobs, ()):
    trials.folder(tmp_path, trial).mkdir(parents=True)
  ran, reported = [], []
  workers = [Fake(ran), Fake(ran)]
  with locks.held([trials.folder(tmp_path, 'u0')]):
    schedule(jobs, options(tmp_path, reported=reported), workers)
  assert sorted(ran) == sorted(reported) == jobs
  assert jobs[0] in ran[-2:]
  assert all(w.closed for w in workers)


def test_a_stop_is_passed_on_and_no_more_is_run(tmp_path):
  workers = [Fake([]), Fake([])]
  asked = threading.Event()

  def wait(job):
    asked.set()
    assert workers[0].stopped.wait(60)

  workers[0].run = workers[1].run = wait
  reported = []
  schedule(
    [('a',), ('b',), ('c',)],
    options(tmp_path, stopping=asked.is_set, reported=reported),
    workers,
  )
  assert ('c',) not in reported


def test_an_error_of_a_worker_is_raised(tmp_path):
  workers = [Fake([], fails=True)]
  with pytest.raises(OSError, match='no more processes'):
    schedule([('a',)], options(tmp_path), workers)
  assert workers[0].closed


def test_a_trial_that_kills_its_workers_is_given_up(tmp_path, monkeypatch):
  mortal = worker_lib.Worker(tmp_path, ['trial'])
  monkeypatch.setattr(
    mortal,
    '_start',
    lambda: subprocess.Popen(
      ['sh', '-c', 'read line; kill -9 $$'],
      stdin=subprocess.PIPE,
      stdout=subprocess.PIPE,
      text=True,
    ),
  )
  deadly, fine = (trials.folder(tmp_path, i) for i in ('deadly', 'fine'))
  deadly.mkdir(parents=True), fine.mkdir()
  diverged = {'status': 'diverged', 'reason': 'lr'}
  results.write(fine, diverged)
  mortal.run(('deadly', 'fine'))
  assert results.read(deadly) == {'status': 'failed', 'reason': worker_lib.DIED}
  assert results.read(fine) == diverged


def test_gpus_are_those_that_are_visible(monkeypatch):
  monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '2,5')
  assert worker_lib.gpus() == ['2', '5']
  assert worker_lib.default_workers() == 2
  monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '')
  assert worker_lib.gpus() == []
  assert worker_lib.default_workers() >= 1


def test_a_script_of_sbatch_is_sound_bash(tmp_path):
  workdir = tmp_path / "a folder's name"
  jobs = [('a', 'b'), ('c',)]
  text = script(jobs, options(workdir))
  assert '#SBATCH --array=0-1%2\n' in text
  # With a stand-in for Python it says what it would be called with.
  text = text.replace('exec ', 'printf "%s\\n" ')
  answer = subprocess.run(
    ['bash'],
    input=text,
    text=True,
    capture_output=True,
    env=os.environ | {'SLURM_ARRAY_TASK_ID': '1'},
  )
  assert answer.returncode == 0, answer.stderr
  assert answer.stdout.splitlines()[-2:] == [
    f'--workdir={workdir}',
    '--trials=c',
  ]
