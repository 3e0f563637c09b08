"""Trials alone and together: the same figures, whatever was stopped or failed."""

import dataclasses
import itertools
import threading

import jax
import numpy as np
import pytest

from musiczoo.runs import workdir as workdirs
from musiczoo.runs.sweep import results, run, trials, vmap_trials
from musiczoo.sampling import generate
from musiczoo.training import checkpoint_folder
from tests import configs, families
from tests.runs.sweep import small


@pytest.fixture(scope='module')
def corpus(tmp_path_factory):
  return small.rolls(tmp_path_factory.mktemp('corpus') / 'rolls.npz')


def planned(config, num_seeds, *rates):
  points = {
    str(rate): configs.with_optimizer(config, learning_rate=rate)
    for rate in rates
  }
  return trials.plan(points, num_seeds)


def run_all(workdir, plan, size, **how):
  """Runs a plan in jobs of `size`; the folders of its trials."""
  trials.lay_out(workdir, plan)
  for job in trials.jobs(plan, size):
    run.run(workdir, job, **how)
  return [trials.folder(workdir, t.id) for t in plan]


def stop_after(calls):
  """True from so many calls on, whoever calls."""
  counter = itertools.count()
  return lambda: next(counter) >= calls


def test_a_trial_is_an_ordinary_run(tmp_path, corpus):
  plan = planned(small.config(corpus), 1, 0.3)
  (folder,) = run_all(tmp_path, plan, 1)
  result = results.read(folder)
  assert result['status'] == 'done'
  assert result['monitor'] == 'nll_per_frame'
  assert {'valid_nll_per_frame', 'test_nll_per_frame_tcn'} < (
    result['figures'].keys()
  )
  config, pipeline, params, step = workdirs.load(folder)
  assert (config.seed, step) == (0, result['step'])
  generate.generate(pipeline, params, num_outputs=1, num_steps=4, seed=0)
  # What is finished is left alone.
  before = {p: p.stat().st_mtime_ns for p in folder.rglob('*.json*')}
  run_all(tmp_path, plan, 1)
  assert before == {p: p.stat().st_mtime_ns for p in folder.rglob('*.json*')}


def test_a_stopped_trial_goes_on_to_the_same_bits(tmp_path, corpus):
  plan = planned(small.config(corpus), 1, 0.3)
  (whole,) = run_all(tmp_path / 'whole', plan, 1)
  (cut,) = run_all(tmp_path / 'cut', plan, 1, stopping=stop_after(2))
  assert results.read(cut) is None
  assert checkpoint_folder.steps(workdirs.checkpoints(cut))
  run_all(tmp_path / 'cut', plan, 1)
  assert results.read(cut) == results.read(whole)
  assert journal(cut) == journal(whole)


def journal(folder):
  return (folder / 'metrics.jsonl').read_text()


def test_one_that_fails_is_named_and_the_others_go_on(tmp_path, corpus):
  config = small.config(corpus)
  plan = [
    *planned(config, 1, 1e38, 0.3),
    *planned(dataclasses.replace(config, corpus='/nowhere'), 1, 0.3),
  ]
  wild, fine, lost = run_all(tmp_path, plan, 1)
  assert results.read(wild)['status'] == 'diverged'
  assert 'not finite' in results.read(wild)['reason']
  assert results.read(fine)['status'] == 'done'
  assert results.read(lost)['status'] == 'failed'
  assert 'no such path' in results.read(lost)['reason']
  assert 'UserError' in (lost / run.ERROR).read_text()
  # One that diverged would again; the other is for another try.
  assert [results.finished(f) for f in (wild, fine, lost)] == [
    True,
    True,
    False,
  ]


@pytest.mark.slow
def test_together_equals_alone(tmp_path, corpus):
  plan = planned(small.config(corpus, steps='8'), 2, 0.3, 0.1)[:3]
  (alone,) = run_all(tmp_path / 'alone', plan[2:], 1)
  side_by_side = run_all(tmp_path / 'together', plan, 3)
  a, b = workdirs.load(alone), workdirs.load(side_by_side[2])
  assert a[3] == b[3]
  families.close(a[2], b[2], 1e-5)
  # Stopped at different steps, they go on to the same bits.
  cut = run_all(tmp_path / 'cut', plan, 3, stopping=stop_after(5))
  steps = [checkpoint_folder.steps(workdirs.checkpoints(f))[-1:] for f in cut]
  assert len(set(map(tuple, steps))) > 1, steps
  run_all(tmp_path / 'cut', plan, 3)
  for a, b in zip(side_by_side, cut):
    assert journal(a) == journal(b)
    assert results.read(a) == results.read(b)
    jax.tree.map(
      np.testing.assert_array_equal, workdirs.load(a)[2], workdirs.load(b)[2]
    )


def test_one_that_diverges_leaves_the_others(tmp_path, corpus):
  plan = planned(small.config(corpus), 1, 1e38, 0.3)
  wild, fine = run_all(tmp_path / 'two', plan, 2)
  (alone,) = run_all(tmp_path / 'one', plan[1:], 1)
  assert results.read(wild)['status'] == 'diverged'
  for name, value in results.read(alone)['figures'].items():
    assert results.read(fine)['figures'][name] == pytest.approx(value, rel=1e-5)


def test_all_learn_what_goes_wrong_in_the_program():
  meeting, informed = vmap_trials.Meeting(2), []

  def program(asked):
    raise MemoryError(f'{len(asked)} are too many')

  def attend(seat):
    with meeting.turn:
      with pytest.raises(MemoryError, match='2 are too many'):
        meeting.call(seat, lambda: program, np.int32(1))
      informed.append(seat)
      meeting.leave(seat)

  threads = [threading.Thread(target=attend, args=[seat]) for seat in (0, 1)]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join(timeout=60)
  assert sorted(informed) == [0, 1]


def test_a_full_disk_is_reported_and_leaves_no_result(
  tmp_path, monkeypatch, caplog
):
  folder = trials.folder(tmp_path, 'a')
  folder.mkdir(parents=True)
  (folder / 'config.json').write_bytes(b'\xff')

  def full(*args):
    raise OSError(28, 'No space left on device')

  monkeypatch.setattr(results, 'write', full)
  monkeypatch.setattr(run.traceback, 'format_exc', full)
  run.run(tmp_path, ['a'])
  assert 'no result written (No space left on device)' in caplog.text
  assert results.read(folder) is None


def test_a_damaged_result_is_reported_and_made_again(tmp_path, caplog):
  folder = trials.folder(tmp_path, 'a')
  folder.mkdir(parents=True)
  (folder / 'config.json').write_bytes(b'[]')
  (folder / results.RESULT).write_bytes(b'[]')
  run.run(tmp_path, ['a'])
  assert 'no result of a trial: the trial is run again' in caplog.text
  found = results.read(folder)
  assert found['status'] == 'failed' and 'config.json is dam' in found['reason']
