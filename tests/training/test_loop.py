"""The loop: exact at any cut, and whatever happens is said and saved."""

import contextlib
from typing import NamedTuple
from unittest import mock

import hypothesis
from hypothesis import strategies as st
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


class State(NamedTuple):
  """Steps that were taken, and the sum of their batches."""

  step: int = 0
  total: float = 0.0


START = State()


def train_steps(state, batches, first, num):
  """A stand-in for a device."""
  size = len(batches['x'])
  history = {'loss': np.zeros(size), 'finite': np.zeros(size, bool)}
  for i in range(int(num)):
    if np.isnan(batches['x'][i]) or state.step != first + i:
      break
    state = State(state.step + 1, state.total + float(batches['x'][i]))
    history['loss'][i] = state.total
    history['finite'][i] = True
  return state, history


def batch_at(step):
  return {'x': np.float32(step)}


def score(state):
  return {'score': -state.total}


def run(
  tmp_path,
  state=START,
  *,
  evaluate=score,
  schedule=SCHEDULE,
  batches=batch_at,
  save=None,
  monitor='score',
  on_nan='stop',
  **more,
):
  """Runs on; returns the last state, the checkpoints and the dispatches."""
  saved, sizes = {}, []

  def counted(state, batches, first, num):
    sizes.append(int(num))
    assert len(batches['x']) == schedule.steps_per_dispatch
    return train_steps(state, batches, first, num)

  def noted(state, metrics):
    saved[state.step] = state, metrics

  callbacks = loop.Callbacks(counted, batches, evaluate, save or noted, **more)
  how = {'monitor': monitor, 'on_nan': on_nan}
  end, step = loop.run(state, state.step, callbacks, schedule, tmp_path, **how)
  assert step == end.step
  return end, saved, sizes


def test_dispatches_bend_to_what_is_due(tmp_path):
  end, saved, sizes = run(tmp_path)
  assert end == State(20, sum(range(20)))
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
  end, _, _ = run(tmp_path / 'cut', state=state)
  assert end == State(20, sum(range(20)))
  assert (tmp_path / 'cut' / journal.METRICS).read_text() == whole


@pytest.fixture(autouse=True)
def folder(tmp_path):
  (tmp_path / 'whole').mkdir()


def test_a_stop_is_saved_and_returned(tmp_path):
  answers = iter([False, False, True])
  end, saved, _ = run(tmp_path, stopping=lambda: next(answers))
  assert end.step == max(saved) == 8


def test_it_ends_when_nothing_gets_better(tmp_path):
  values = iter([3.0, 1.0, 2.0, 2.0, 0.0])
  end, saved, _ = run(
    tmp_path,
    evaluate=lambda s: {'score': next(values)},
    schedule=SCHEDULE._replace(steps=100, patience=2, checkpoint_every=1000),
  )
  assert end.step == max(saved) == 20
  # Started again, it sees in its journal that it had ended.
  again, _, sizes = run(
    tmp_path,
    state=end,
    schedule=SCHEDULE._replace(steps=100, patience=2),
  )
  assert again == end and not sizes


def poisoned(*bad):
  return lambda step: {'x': np.float32(np.nan if step in bad else step)}


def test_a_bad_batch_can_be_skipped(tmp_path):
  end, saved, _ = run(tmp_path, batches=poisoned(7, 8, 12), on_nan='skip')
  assert end == State(20, sum(range(23)) - 7 - 8 - 12)
  notes = journal.read(tmp_path, journal.BAD)
  assert [(n['step'], n['batch']) for n in notes] == [(7, 7), (7, 8), (10, 12)]
  entries = [e['step'] for e in journal.read(tmp_path) if 'loss' in e]
  assert entries == list(range(2, 21, 2))


def test_a_run_can_roll_back_and_take_other_batches(tmp_path):
  states = {0: State()}

  def save(state, metrics):
    states[state.step] = state

  end, _, _ = run(
    tmp_path,
    batches=poisoned(7),
    on_nan='roll_back',
    save=save,
    restore=lambda: (states[max(states)], max(states)),
  )
  # Back from step 7 to 5, and on with batch 8.
  assert end == State(20, sum(range(5)) + sum(range(8, 23)))
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
    save = lambda state, metrics: saved.update({state.total: metrics})
    callbacks = loop.Callbacks(train_steps, poisoned, score, save)
    loop.run(State(), 0, callbacks, SCHEDULE, tmp_path, monitor='score')
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
      save=lambda state, metrics: saved.update({state.step: metrics}),
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
    run(tmp_path, State(10))
  assert path.read_bytes() == content


def test_a_dispatch_is_enqueued_before_the_last_is_fetched(tmp_path):
  events = []

  def batch_at(number):
    events.append(f'batch {number}')
    return {'x': np.float32(number)}

  def enqueued(state, batches, first, num):
    events.append(f'dispatch {first}')
    return train_steps(state, batches, first, num)

  def fetch(history):
    events.append('fetch')
    return history

  callbacks = loop.Callbacks(
    enqueued, batch_at, score, lambda *saved: events.append('save'), fetch
  )
  schedule = loop.Schedule(6, 2, 2, eval_every=6, checkpoint_every=6)
  loop.run(State(), 0, callbacks, schedule, tmp_path, monitor='score')
  order = [e for e in events if not e.startswith('batch')]
  first, second, third = 'dispatch 0', 'dispatch 2', 'dispatch 4'
  last = 'fetch', 'fetch', 'save'
  assert order == [first, second, 'fetch', third, *last]
  assert events[:2] == ['batch 0', 'batch 1'] and len(events) == 13


def _numbers(most):
  return st.integers(1, most)


@hypothesis.given(
  schedule=st.builds(
    loop.Schedule, st.just(30), _numbers(7), _numbers(4), *[_numbers(9)] * 2
  ),
  bad=st.sets(st.integers(0, 35), max_size=6),
  stops=st.sets(st.integers(0, 30), max_size=3),
  on_nan=st.sampled_from(['stop', 'skip', 'roll_back']),
)
@hypothesis.settings(
  deadline=None,
  suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
def test_what_is_enqueued_early_changes_nothing(
  tmp_path_factory, schedule, bad, stops, on_nan
):
  """The same journal, checkpoints and state as one dispatch after another."""

  def all_of_it():
    """A run that is stopped and goes on: what it leaves behind."""
    folder = tmp_path_factory.mktemp('run')
    saved, ends, reached = [START], sorted(stops), [0]

    def noted(*arguments):
      after, history = train_steps(*arguments)
      reached.append(after.step)
      return after, history

    callbacks = loop.Callbacks(
      noted,
      poisoned(*bad),
      score,
      lambda state, metrics: saved.append(state),
      restore=lambda: (saved[-1], saved[-1].step),
      stopping=lambda: bool(ends) and reached[-1] >= ends[0],
    )
    how = {'monitor': 'score', 'on_nan': on_nan}
    for _ in range(len(stops) + 1):
      state = saved[-1]
      with contextlib.suppress(loop.Diverged):
        loop.run(state, state.step, callbacks, schedule, folder, **how)
      ends = ends[1:]
    journals = (folder / name for name in (journal.METRICS, journal.BAD))
    return saved, [f.read_text() if f.exists() else '' for f in journals]

  early = all_of_it()
  finish = loop._Loop._finish
  with mock.patch.object(
    loop._Loop, '_finish', lambda self, _: finish(self, 0)
  ):
    assert all_of_it() == early
