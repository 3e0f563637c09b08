"""The training loop: dispatches, evaluation, checkpoints, early stopping."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import numpy as np

from musiczoo.errors import UserError
from musiczoo.training import journal
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


MOST_BAD = 20  # Batches that are skipped before a run is given up.


class Diverged(UserError):
  """The loss, a gradient, a parameter or the monitored figure is not finite."""


class Callbacks(NamedTuple):
  """What a loop does with a state.

  Attributes:
    train_steps: (state, batches, num) -> (state, metrics of each step).
    batch_at: step -> batch.
    evaluate: state -> dict of floats; the monitored one is to be low.
    save: (state, metrics) writes a checkpoint; `metrics` has the figure
      'monitored' and its name 'monitor' if the state was just evaluated.
    restore: () -> (state, step) of the newest checkpoint, or of the beginning.
    stopping: called between dispatches; True saves and returns early.
    report: called with (step, metrics) of logged steps and evaluations.
  """

  train_steps: Callable
  batch_at: Callable[[int], dict]
  evaluate: Callable
  save: Callable
  restore: Callable | None = None
  stopping: Callable[[], bool] = lambda: False
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
  journal.rewind(workdir, step)
  scores = _scores(workdir, monitor)
  bad = journal.read(workdir, journal.BAD)
  saved = step or -1
  rates = Throughput(amounts)

  while step < schedule.steps and not _stale(scores, schedule.patience):
    stop = schedule.next_stop(step)
    with rates.waiting():
      batches = [callbacks.batch_at(_number(bad, s)) for s in range(step, stop)]
      batches = _stack(batches, schedule.steps_per_dispatch)
    with rates.working(stop - step):
      state, history = callbacks.train_steps(
        state, batches, np.int32(stop - step)
      )

    lines = _lines(history, step, stop, schedule.log_every)
    journal.append(workdir, journal.METRICS, lines)
    for line in lines:
      callbacks.report(line['step'], line)
    failed = np.flatnonzero(~history['finite'][: stop - step])
    if failed.size:
      step = at = step + int(failed[0])
      if on_nan == 'roll_back':
        state, step = callbacks.restore()
        journal.rewind(workdir, step)
        scores = _scores(workdir, monitor)
      elif step > saved:
        callbacks.save(state, {})
        saved = step
      _note(workdir, bad, at, step, stops=on_nan == 'stop')
      continue
    step = stop

    metrics = {}
    if step % schedule.eval_every == 0:
      metrics = _evaluate(state, step, callbacks, workdir, rates)
      _check_finite(metrics, monitor, step, workdir)
      scores.append(metrics[monitor])
      metrics = metrics | {'monitor': monitor, 'monitored': scores[-1]}
    ending = (
      callbacks.stopping()
      or step == schedule.steps
      or _stale(scores, schedule.patience)
    )
    best = metrics and scores[-1] == min(scores)
    if ending or best or step % schedule.checkpoint_every == 0:
      callbacks.save(state, metrics)
      saved = step
    if ending:
      break
  return state, step


def _evaluate(state, step, callbacks, workdir, rates):
  """The figures of a state, which are journaled and reported."""
  metrics = callbacks.evaluate(state)
  journal.append(workdir, journal.METRICS, [{'step': step, **metrics}])
  journal.append(workdir, journal.TIMING, [{'step': step, **rates.read()}])
  callbacks.report(step, metrics)
  return metrics


def _check_finite(metrics, monitor, step, workdir):
  if not np.isfinite(metrics[monitor]):
    raise Diverged(
      f'step {step}: {monitor} is {metrics[monitor]}, no finite number; the '
      f'checkpoints in {workdir} are of earlier steps: lower '
      '--config.optimizer.learning_rate or --config.optimizer.clip in a new '
      'workdir'
    )


def _scores(workdir, monitor):
  figures = (e.get(monitor) for e in journal.read(workdir))
  return [figure for figure in figures if figure is not None]


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


def _stale(scores, patience):
  if not patience or not scores:
    return False
  return len(scores) - 1 - int(np.argmin(scores)) >= patience


def _stack(batches, size):
  """Stacks batches along a new first axis, always `size` long."""
  batches = batches + batches[-1:] * (size - len(batches))
  return jax.tree.map(lambda *a: np.stack(a), *batches)


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
