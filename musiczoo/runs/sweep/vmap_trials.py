"""Runs of one shape side by side, as one program under vmap.

Each run is an ordinary one in a thread of its own, with its own folder, journal
and checkpoints. At each dispatch it waits for the others, and one compiled
program takes the steps of all. So runs need not be at the same step, nor end
together. Between dispatches one thread runs at a time.
"""

from collections.abc import Callable, Sequence
from concurrent import futures
import functools
import threading

import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.runs import run
from musiczoo.runs.sweep.trials import RATES
from musiczoo.training import parallel


def together(runs: Sequence[Callable]) -> None:
  """Calls each run with (place, leave); returns when all have returned.

  `place` is for `run.fit`; a run that has no more steps to take calls `leave`, or
  the others would wait for it.

  The program has a seat for each run, whether it is taken or not, and the results
  of a seat do not depend on the others. So resumed runs have the same bits, even
  if some have finished meanwhile.
  """
  meeting = Meeting(len(runs))

  def attend(seat):
    leave = functools.partial(meeting.leave, seat)
    with meeting.turn:
      try:
        runs[seat](functools.partial(_place, meeting, seat), leave)
      finally:
        leave()

  with futures.ThreadPoolExecutor(len(runs)) as pool:
    for done in [pool.submit(attend, seat) for seat in range(len(runs))]:
      done.result()


class Meeting:
  """Collects the arguments of several threads for one call.

  Attributes:
    turn: held by the thread that runs; `call` releases it while it waits.
  """

  def __init__(self, seats: int):
    self.turn = threading.Condition()
    self._present = set(range(seats))
    self._seats = seats
    self._asked, self._answers = {}, {}
    self._program = None

  def call(self, seat: int, make_program: Callable, *arguments):
    """The program's results for `arguments` at `seat`.

    Args:
      make_program: () -> program, called once. A program is a function of the
        arguments of all seats, and returns the results of all.
    """
    self._program = self._program or make_program()
    self._asked[seat] = arguments
    self._answer_if_all_came()
    self.turn.wait_for(lambda: seat in self._answers)
    answer = self._answers.pop(seat)
    if isinstance(answer, Exception):
      raise answer
    return answer

  def leave(self, seat: int) -> None:
    """Gives up the seat; may be called twice."""
    self._present.discard(seat)
    self._answer_if_all_came()

  def _answer_if_all_came(self):
    if not self._asked or self._asked.keys() != self._present:
      return
    # An empty seat has the arguments of the first, and takes no step.
    *first, _ = next(iter(self._asked.values()))
    double = (*first, np.int32(0))
    asked, self._asked = self._asked, {}
    try:
      answers = self._program(
        [asked.get(seat, double) for seat in range(self._seats)]
      )
      self._answers = {seat: answers[seat] for seat in asked}
    except Exception as e:  # It is raised in each thread.
      self._answers = dict.fromkeys(asked, e)
    self.turn.notify_all()


def _place(meeting, seat, config, pipeline):
  """The place of a run: one device, and steps taken together."""
  rates = {
    k: np.float32(v) for k, v in config.optimizer.options.items() if k in RATES
  }

  def train_steps(state, batches, first, num):
    arguments = rates, state, batches, first, num
    return meeting.call(seat, lambda: _program(config, pipeline), *arguments)

  return parallel.jit(jax.devices()[:1]), train_steps


def _program(config, pipeline):
  """(rates, state, batches, first, num) of each seat -> (state, history) of each."""

  def at_seat(rates, state, batches, first, num):
    train_steps = run.make_steps(config, pipeline, **rates)
    return train_steps(state, batches, first, num)

  def at_all(asked):
    stacked = jax.tree.map(lambda *a: jnp.stack(a), *asked)
    answers = jax.vmap(at_seat)(*stacked)
    leaves, treedef = jax.tree.flatten(answers)
    return [treedef.unflatten(of_seat) for of_seat in zip(*leaves)]

  return jax.jit(at_all)
