"""Jobs are dealt once each, and a machine is shared."""

import os
import subprocess
import threading

import pytest

from experiments.launchers import worker
from experiments.launchers.ask import Ask
from experiments.launchers.deal import deal
from experiments.launchers.slurm import script
from musiczoo.runs.sweep import locks, results, trials


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


def ask(folder, *, stopping=lambda: False, told=None):
  return Ask(folder, 2, stopping, [].append if told is None else told.append)


def test_each_job_is_dealt_once_and_held_ones_last(tmp_path):
  jobs = [(f't{i}', f'u{i}') for i in range(8)]
  for trial in sum(jobs, ()):
    trials.folder(tmp_path, trial).mkdir(parents=True)
  ran, told = [], []
  workers = [Fake(ran), Fake(ran)]
  with locks.held([trials.folder(tmp_path, 'u0')]):
    deal(jobs, ask(tmp_path, told=told), workers)
  assert sorted(ran) == sorted(told) == jobs
  assert jobs[0] in ran[-2:]
  assert all(w.closed for w in workers)


def test_a_stop_is_passed_on_and_no_more_is_dealt(tmp_path):
  workers = [Fake([]), Fake([])]
  asked = threading.Event()

  def wait(job):
    asked.set()
    assert workers[0].stopped.wait(60)

  workers[0].run = workers[1].run = wait
  told = []
  deal(
    [('a',), ('b',), ('c',)],
    ask(tmp_path, stopping=asked.is_set, told=told),
    workers,
  )
  assert ('c',) not in told


def test_what_a_worker_cannot_do_is_heard(tmp_path):
  workers = [Fake([], fails=True)]
  with pytest.raises(OSError, match='no more processes'):
    deal([('a',)], ask(tmp_path), workers)
  assert workers[0].closed


def test_a_trial_that_kills_its_workers_is_given_up(tmp_path, monkeypatch):
  mortal = worker.Worker(tmp_path)
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
  results.write(fine, {'status': 'done'})
  mortal.run(('deadly', 'fine'))
  assert results.read(deadly) == {'status': 'failed', 'reason': worker.DIED}
  assert results.read(fine) == {'status': 'done'}


def test_gpus_are_those_that_are_visible(monkeypatch):
  monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '2,5')
  assert worker.gpus() == ['2', '5']
  assert worker.usual_workers() == 2
  monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '')
  assert worker.gpus() == []
  assert worker.usual_workers() >= 1


def test_a_script_of_sbatch_is_sound_bash(tmp_path):
  workdir = tmp_path / "a folder's name"
  jobs = [('a', 'b'), ('c',)]
  text = script(jobs, ask(workdir))
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
