"""The loop: exact at any cut, and whatever happens is said and saved."""

import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.training import journal, loop

SCHEDULE = loop.Schedule(
  steps=20,
  steps_per_dispatch=4,
  log_every=2,
  eval_every=5,
  checkpoint_every=10,
)


def train_steps(state, batches, num):
  """A stand-in: the state is the sum of all batches so far."""
  size = len(batches['x'])
  history = {'loss': np.zeros(size), 'finite': np.zeros(size, bool)}
  for i in range(int(num)):
    if np.isnan(batches['x'][i]):
      break
    state = state + float(batches['x'][i])
    history['loss'][i] = state
    history['finite'][i] = True
  return state, history


def batch_at(step):
  return {'x': np.float32(step)}


def score(state):
  return {'score': -float(state)}


def step_of(state):
  """The step at which the sum of all steps before it is `state`."""
  return int((1 + (1 + 8 * state) ** 0.5) / 2) if state else 0


def run(
  tmp_path,
  state=0.0,
  step=0,
  *,
  evaluate=score,
  schedule=SCHEDULE,
  batches=batch_at,
  save=None,
  monitor='score',
  on_nan='stop',
  **more,
):
  """Runs on; returns (state, step), the checkpoints and the dispatches."""
  saved, sizes = {}, []

  def counted(state, batches, num):
    sizes.append(int(num))
    assert len(batches['x']) == schedule.steps_per_dispatch
    return train_steps(state, batches, num)

  def noted(state, metrics):
    saved[step_of(state)] = state, metrics

  callbacks = loop.Callbacks(counted, batches, evaluate, save or noted, **more)
  end = loop.run(
    state, step, callbacks, schedule, tmp_path, monitor=monitor, on_nan=on_nan
  )
  return end, saved, sizes


def test_dispatches_bend_to_what_is_due(tmp_path):
  end, saved, sizes = run(tmp_path)
  assert end == (sum(range(20)), 20)
  assert sizes == [4, 1, 3, 2, 2, 3, 1, 4]
  # A new best at each evaluation: all are checkpoints.
  assert sorted(saved) == [5, 10, 15, 20]
  entries = journal.read(tmp_path)
  assert [e['step'] for e in entries if 'loss' in e] == list(range(2, 21, 2))
  assert [e['step'] for e in entries if 'score' in e] == [5, 10, 15, 20]


@pytest.mark.parametrize('cut', [5, 10, 15])
def test_a_run_that_was_cut_goes_on_as_if_it_had_not_been(tmp_path, cut):
  run(tmp_path / 'whole')
  whole = (tmp_path / 'whole' / journal.METRICS).read_text()
  (tmp_path / 'cut').mkdir()
  # Killed some steps after the checkpoint, with lines already written.
  _, saved, _ = run(tmp_path / 'cut', schedule=SCHEDULE._replace(steps=cut + 3))
  state, _ = saved[cut]
  end, _, _ = run(tmp_path / 'cut', state=state, step=cut)
  assert end == (sum(range(20)), 20)
  assert (tmp_path / 'cut' / journal.METRICS).read_text() == whole


@pytest.fixture(autouse=True)
def folder(tmp_path):
  (tmp_path / 'whole').mkdir()


def test_a_stop_is_saved_and_returned(tmp_path):
  answers = iter([False, False, True])
  end, saved, _ = run(tmp_path, stopping=lambda: next(answers))
  assert end[1] == max(saved) == 8


def test_it_ends_when_nothing_gets_better(tmp_path):
  values = iter([3.0, 1.0, 2.0, 2.0, 0.0])
  end, saved, _ = run(
    tmp_path,
    evaluate=lambda s: {'score': next(values)},
    schedule=SCHEDULE._replace(steps=100, patience=2, checkpoint_every=1000),
  )
  assert end[1] == max(saved) == 20
  # Started again, it sees in its journal that it had ended.
  again, _, sizes = run(
    tmp_path,
    state=end[0],
    step=20,
    schedule=SCHEDULE._replace(steps=100, patience=2),
  )
  assert again == end and not sizes


def poisoned(*bad):
  return lambda step: {'x': np.float32(np.nan if step in bad else step)}


def test_a_bad_batch_can_be_skipped(tmp_path):
  end, saved, _ = run(tmp_path, batches=poisoned(7, 8, 12), on_nan='skip')
  assert end == (sum(range(23)) - 7 - 8 - 12, 20)
  notes = journal.read(tmp_path, journal.BAD)
  assert [(n['step'], n['batch']) for n in notes] == [(7, 7), (7, 8), (10, 12)]
  entries = [e['step'] for e in journal.read(tmp_path) if 'loss' in e]
  assert entries == list(range(2, 21, 2))


def test_a_run_can_roll_back_and_take_other_batches(tmp_path):
  states = {0: 0.0}

  def save(state, metrics):
    states[max(states) + 5] = state

  end, _, _ = run(
    tmp_path,
    batches=poisoned(7),
    on_nan='roll_back',
    save=save,
    restore=lambda: (states[max(states)], max(states)),
  )
  # Back from step 7 to 5, and on with batch 8.
  assert end == (sum(range(5)) + sum(range(8, 23)), 20)
  (note,) = journal.read(tmp_path, journal.BAD)
  assert note == {'step': 7, 'batch': 7, 'from': 5, 'jump': 3}
  # Gone on with from an older checkpoint, it takes the same way.
  again, _, sizes = run(tmp_path, batches=poisoned(7), on_nan='roll_back')
  assert again == end
  assert len(journal.read(tmp_path, journal.BAD)) == 1


def test_a_run_that_skips_for_ever_ends(tmp_path):
  with pytest.raises(loop.Diverged, match='after 20 others'):
    run(tmp_path, batches=poisoned(*range(3, 40)), on_nan='skip')


@pytest.mark.parametrize('bad', [0, 7])
def test_not_a_number_names_the_step_and_saves_what_was_sound(tmp_path, bad):
  def poisoned(step):
    return {'x': np.float32(np.nan if step == bad else step)}

  saved = {}
  with pytest.raises(
    loop.Diverged, match=f'step {bad + 1}: .*after step {bad} is saved'
  ):
    save = lambda state, metrics: saved.update({state: metrics})
    callbacks = loop.Callbacks(train_steps, poisoned, score, save)
    loop.run(0.0, 0, callbacks, SCHEDULE, tmp_path, monitor='score')
  assert sum(range(bad)) in saved
  steps = [e['step'] for e in journal.read(tmp_path) if 'loss' in e]
  assert steps == list(range(2, bad + 1, 2))


@pytest.mark.parametrize('value', [np.nan, np.inf])
def test_a_figure_that_is_no_number_ends_a_run(tmp_path, value):
  values = iter([3.0, value])
  saved = {}
  with pytest.raises(loop.Diverged, match='step 10: score is .* no finite'):
    run(
      tmp_path,
      evaluate=lambda s: {'score': next(values), 'other': np.nan},
      save=lambda state, metrics: saved.update({step_of(state): metrics}),
    )
  assert list(saved) == [5]
  # Lines that any parser reads.
  assert 'NaN' not in (tmp_path / journal.METRICS).read_text()
  figures = [e for e in journal.read(tmp_path) if 'score' in e]
  assert [e['score'] for e in figures] == [3.0, None]
  assert figures[0]['other'] is None


def test_a_damaged_line_stops_a_run_before_it_changes_anything(tmp_path):
  run(tmp_path)
  path = tmp_path / journal.METRICS
  content = b'\xff' + path.read_bytes()
  path.write_bytes(content)
  with pytest.raises(UserError, match='line 1 is damaged'):
    run(tmp_path, step=10)
  assert path.read_bytes() == content
