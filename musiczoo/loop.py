"""A state, a step and batches -> a trained state, its journal, checkpoints."""

from collections.abc import Callable
import time
from typing import NamedTuple

import jax
import numpy as np

from musiczoo import journal
from musiczoo.errors import UserError


class Schedule(NamedTuple):
  """When things happen, in steps.

  Attributes:
    steps: the run ends here.
    steps_per_dispatch: as many steps are one call of the device.
    log_every, eval_every, checkpoint_every: at the multiples of these.
    patience: end after so many evaluations without a new best; 0 never.
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


class Diverged(UserError):
  """The loss or a gradient is no longer a number."""


def run(
    state,
    step: int,
    train_steps: Callable,
    batch_at: Callable[[int], dict],
    evaluate: Callable,
    save: Callable,
    schedule: Schedule,
    workdir,
    *,
    monitor: str,
    stopping: Callable[[], bool] = lambda: False,
    report: Callable[[int, dict], None] = lambda step, metrics: None,
):
  """Trains on from `step`; returns the state it ends with and its step.

  Exact at any cut: what happens at a step follows from the step's number and
  the journal alone, so a run that was stopped goes on as if it had not been.

  Args:
    step: the steps the state has taken.
    train_steps: (state, batches, num) -> (state, metrics of each step).
    batch_at: step -> batch.
    evaluate: state -> dict of floats, of which `monitor` is to be low.
    save: (state, metrics) writes a checkpoint; `metrics['monitored']` is
      there where the state has just been evaluated.
    stopping: asked between dispatches; True saves and returns early.
    report: hears of every step logged and every evaluation.

  Raises:
    Diverged: names the step; the sound state before it has been saved.
  """
  journal.rewind(workdir, step)
  scores = [e[monitor] for e in journal.read(workdir) if monitor in e]
  saved = step or -1
  begun, waited, since = time.perf_counter(), 0.0, step

  while step < schedule.steps and not _stale(scores, schedule.patience):
    stop = schedule.next_stop(step)
    before = time.perf_counter()
    batches = _stack(
        [batch_at(s) for s in range(step, stop)], schedule.steps_per_dispatch
    )
    waited += time.perf_counter() - before
    state, history = train_steps(state, batches, np.int32(stop - step))

    lines = _lines(history, step, stop, schedule.log_every)
    journal.append(workdir, journal.METRICS, lines)
    for line in lines:
      report(line['step'], line)
    bad = np.flatnonzero(~history.pop('finite')[: stop - step])
    if bad.size:
      if step + bad[0] > saved:
        save(state, {})
      raise Diverged(
          f'step {step + bad[0] + 1}: the loss or its gradient is not finite; '
          f'the state after step {step + bad[0]} is saved in {workdir}: lower '
          '--config.optimizer.learning_rate or --config.optimizer.clip in a '
          'new workdir'
      )
    step = stop

    metrics = {}
    if step % schedule.eval_every == 0:
      metrics = evaluate(state)
      scores.append(metrics[monitor])
      journal.append(workdir, journal.METRICS, [{'step': step, **metrics}])
      report(step, metrics)
      metrics = {'monitored': scores[-1], **metrics}
      seconds = time.perf_counter() - begun
      journal.append(workdir, journal.TIMING, [{
          'step': step,
          'seconds': round(seconds, 3),
          'steps_per_second': round((step - since) / seconds, 3),
          'share_waiting_for_data': round(waited / seconds, 4),
      }])
    ending = (
        stopping()
        or step == schedule.steps
        or _stale(scores, schedule.patience)
    )
    best = metrics and scores[-1] == min(scores)
    if ending or best or step % schedule.checkpoint_every == 0:
      save(state, metrics)
      saved = step
    if ending:
      break
  return state, step


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
