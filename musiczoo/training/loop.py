"""The training loop: dispatches, evaluation, checkpoints, early stopping.

While the device works on a dispatch, the batches of the next are made, the next is
enqueued, and the metrics of the one before are written down.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import numpy as np

from musiczoo.errors import UserError
from musiczoo.training import journal
from musiczoo.training.ahead import Ahead
from musiczoo.training.throughput import Throughput


class Schedule(NamedTuple):
  """When a run logs, evaluates, saves and ends, in steps.

  Attributes:
    steps: the run ends after these.
    steps_per_dispatch: steps in one call of the device.
    log_every: steps from one logged step to the next.
    eval_every: steps from one evaluation to the next.
    checkpoint_every: steps from one checkpoint to the next.
    patience: evaluations without a new best after which the run ends; 0: it
      goes on.
  """

  steps: int
  steps_per_dispatch: int
  log_every: int
  eval_every: int
  checkpoint_every: int
  patience: int = 0

  def next_stop(self, step: int) -> int:
    """The last step of the dispatch that begins after `step`."""
    periods = self.steps_per_dispatch, self.eval_every, self.checkpoint_every
    return min(self.steps, *((step // p + 1) * p for p in periods))

  def is_due(self, step: int) -> bool:
    """Whether the state after `step` is evaluated or saved."""
    periods = self.eval_every, self.checkpoint_every
    return step == self.steps or any(step % period == 0 for period in periods)


MOST_BAD = 20  # Batches that are skipped before a run is given up.


class Diverged(UserError):
  """The loss, a gradient, a parameter or the monitored figure is not finite."""


class Callbacks(NamedTuple):
  """What a loop does with a state.

  Attributes:
    train_steps: (state, batches, first, num) -> (state, metrics of each step),
      as of `make_train_steps`; may return before the device has computed them.
    batch_at: step -> batch.
    evaluate: state -> dict of floats; the monitored one is to be low.
    save: (state, metrics) writes a checkpoint; `metrics` has the figure
      'monitored' and its name 'monitor' if the state was just evaluated.
    fetch: metrics -> NumPy arrays, when they are computed.
    restore: () -> (state, step) of the newest checkpoint, or of the beginning.
    stopping: called between dispatches; True saves and returns early.
    reached: called with the last step enqueued, before the next dispatch.
    report: called with (step, metrics) of logged steps and evaluations.
  """

  train_steps: Callable
  batch_at: Callable[[int], dict]
  evaluate: Callable
  save: Callable
  fetch: Callable = jax.device_get
  restore: Callable | None = None
  stopping: Callable[[], bool] = lambda: False
  reached: Callable[[int], None] = lambda step: None
  report: Callable[[int, dict], None] = lambda step, metrics: None


def run(
  state,
  step: int,
  callbacks: Callbacks,
  schedule: Schedule,
  workdir,
  *,
  monitor: str,
  amounts: Mapping[str, float] = {},
  on_nan: str = 'stop',
):
  """Trains on from `step`; returns the last state and its step.

  What happens at a step depends on its number and the journal alone, so a run
  that was stopped continues exactly as if it had not been.

  A step that is not finite leaves the state as it was, and its batch is noted
  in `bad_batches.jsonl`. Then `on_nan` decides: 'stop' raises; 'skip' takes the
  step with the next batch; 'roll_back' returns to the newest checkpoint and
  continues from there with the batches after the bad one.

  Args:
    step: the steps the state has taken.
    monitor: name of the figure that checkpoints are compared by.
    amounts: name -> amount per step, for the rates in `timing.jsonl`.

  Raises:
    Diverged: names the step; the sound state before it has been saved. Or the
      monitored figure of a state is not finite, which is not saved.
  """
  with Ahead(callbacks.batch_at, schedule.steps_per_dispatch) as ahead:
    loop = _Loop(callbacks, schedule, workdir, monitor, on_nan, ahead, amounts)
    return loop.run(state, step)


class _Dispatch(NamedTuple):
  """The steps first + 1 .. last, and their metrics, which may be to come."""

  first: int
  last: int
  history: dict

  def is_done(self):
    """Whether the metrics are computed."""
    arrays = jax.tree.leaves(self.history)
    return all(a.is_ready() for a in arrays if isinstance(a, jax.Array))


class _Loop:
  """`run`, with what it keeps from dispatch to dispatch."""

  def __init__(
    self, callbacks, schedule, workdir, monitor, on_nan, ahead, amounts
  ):
    self._do, self._schedule = callbacks, schedule
    self._workdir, self._monitor, self._on_nan = workdir, monitor, on_nan
    self._ahead, self._rates = ahead, Throughput(amounts)
    self._bad = journal.read(workdir, journal.BAD)
    self._dispatches = []  # Whose metrics are not written down.

  def run(self, state, step):
    self._rewind(step)
    self._saved = step or -1
    while step < self._schedule.steps and not self._is_stale():
      self._do.reached(step)
      state, step = self._dispatch(state, step)
      stopping = self._do.stopping()
      is_due = stopping or self._schedule.is_due(step)
      failed = self._finish(0 if is_due else 1)
      if failed is not None:
        state, step = self._go_back(state, failed)
      elif is_due and self._evaluate_and_save(state, step, stopping):
        break
    return state, step

  def _rewind(self, step):
    journal.rewind(self._workdir, step)
    figures = (e.get(self._monitor) for e in journal.read(self._workdir))
    self._scores = [figure for figure in figures if figure is not None]

  def _is_stale(self):
    patience, scores = self._schedule.patience, self._scores
    if not patience or not scores:
      return False
    return len(scores) - 1 - int(np.argmin(scores)) >= patience

  def _numbers(self, step):
    """The numbers of the batches of the dispatch after `step`."""
    stop = self._schedule.next_stop(step)
    return [_number(self._bad, s) for s in range(step, stop)]

  def _dispatch(self, state, step):
    """Enqueues the next steps: the state after them, and the last one."""
    if not self._dispatches:
      self._rates.begin()
    with self._rates.waiting(
      lambda: all(d.is_done() for d in self._dispatches)
    ):
      batches = self._ahead.take(self._numbers(step))
    last = self._schedule.next_stop(step)
    numbers = np.int32(step), np.int32(last - step)
    state, history = self._do.train_steps(state, batches, *numbers)
    self._dispatches.append(_Dispatch(step, last, history))
    if last < self._schedule.steps:
      self._ahead.request(self._numbers(last))
    return state, last

  def _finish(self, left):
    """Writes metrics down until so many dispatches are left.

    Returns:
      how many steps were taken before one that was not finite, or None.
    """
    while len(self._dispatches) > left:
      first, last, history = self._dispatches.pop(0)
      history = self._do.fetch(history)
      self._rates.end(last - first)
      lines = _lines(history, first, last, self._schedule.log_every)
      journal.append(self._workdir, journal.METRICS, lines)
      for line in lines:
        self._do.report(line['step'], line)
      failed = np.flatnonzero(~history['finite'][: last - first])
      if failed.size:
        # What was enqueued after it has taken no step.
        self._dispatches.clear()
        return first + int(failed[0])
    return None

  def _go_back(self, state, step):
    """The state to go on with after a step that failed, as `on_nan` says."""
    failed = step
    if self._on_nan == 'roll_back':
      state, step = self._do.restore()
      self._rewind(step)
    elif step > self._saved:
      self._do.save(state, {})
      self._saved = step
    stops = self._on_nan == 'stop'
    _note(self._workdir, self._bad, failed, step, stops=stops)
    return state, step

  def _evaluate_and_save(self, state, step, stopping):
    """Does what is due after `step`; whether the run ends."""
    metrics = {}
    if step % self._schedule.eval_every == 0:
      metrics = self._evaluate(state, step)
      self._scores.append(metrics[self._monitor])
      score = {'monitor': self._monitor, 'monitored': self._scores[-1]}
      metrics = metrics | score
    ending = stopping or step == self._schedule.steps or self._is_stale()
    best = metrics and self._scores[-1] == min(self._scores)
    if ending or best or step % self._schedule.checkpoint_every == 0:
      self._do.save(state, metrics)
      self._saved = step
    return ending

  def _evaluate(self, state, step):
    """The figures of a state, which are journaled and reported."""
    metrics = self._do.evaluate(state)
    journal.append(self._workdir, journal.METRICS, [{'step': step, **metrics}])
    rates = {'step': step, **self._rates.read()}
    journal.append(self._workdir, journal.TIMING, [rates])
    self._do.report(step, metrics)
    _check_finite(metrics, self._monitor, step, self._workdir)
    return metrics


def _check_finite(metrics, monitor, step, workdir):
  if not np.isfinite(metrics[monitor]):
    raise Diverged(
      f'step {step}: {monitor} is {metrics[monitor]}, no finite number; the '
      f'checkpoints in {workdir} are of earlier steps: lower '
      '--config.optimizer.learning_rate or --config.optimizer.clip in a new '
      'workdir'
    )


def _number(bad, step):
  """The number of the batch of a step: bad ones are skipped."""
  return step + sum(b['jump'] for b in bad if b['from'] <= step)


def _note(workdir, bad, step, begin, *, stops):
  """Notes the batch of `step` as bad: the steps from `begin` on jump over it.

  Raises:
    Diverged: the run stops at the first, or there were too many.
  """
  number = _number(bad, step)
  jump = number + 1 - _number(bad, begin)
  ends = stops or len(bad) == MOST_BAD
  note = {'step': step, 'batch': number, 'from': begin, 'jump': jump}
  journal.append(workdir, journal.BAD, [note | {'jump': 0} if ends else note])
  if ends:
    others = f', after {len(bad)} others,' if bad else ''
    raise Diverged(
      f'step {step + 1}: batch {number}{others} makes a loss, a gradient or a '
      f'parameter that is not finite; the state after step {step} is saved in {workdir}: lower '
      '--config.optimizer.learning_rate or --config.optimizer.clip in a new '
      'workdir, or go on with --config.on_nan=skip or roll_back'
    )
  bad.append(note)


def _lines(history, step, stop, every):
  """Journal entries of the logged steps among those that were finite."""
  entries = []
  for i, s in enumerate(range(step + 1, stop + 1)):
    if not history['finite'][i]:
      break
    if s % every == 0:
      values = {k: float(v[i]) for k, v in history.items() if k != 'finite'}
      entries.append({'step': s, **values})
  return entries
