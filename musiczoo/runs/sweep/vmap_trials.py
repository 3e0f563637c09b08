"""Runs of one shape, each in its thread -> one program under vmap.

Each run is an ordinary one, with its own folder, journal, checkpoints and end;
only the device sees them as one. They meet at each dispatch: whoever comes
waits until all have come, and one compiled program takes the steps of all. So
runs need not be at the same step, nor end together. Between the dispatches one
thread at a time has its turn.
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

  `place` is for `fit.fit`; a run that has no more steps to take calls `leave`,
  or the others would wait for it.

  The program has a seat for each run, taken or not, and what happens at a seat
  is the same whoever sits at the others: so runs that are resumed, with some
  finished meanwhile, go on to the same bits.
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
  """Threads hand in arguments, each at its seat; one call answers them all.

  Attributes:
    turn: held by whoever runs; who waits in `call` has let it go.
  """

  def __init__(self, seats: int):
    self.turn = threading.Condition()
    self._present = set(range(seats))
    self._seats = seats
    self._asked, self._answers = {}, {}
    self._program = None

  def call(self, seat: int, make_program: Callable, *arguments):
    """The program's answer to `arguments` at `seat`.

    Args:
      make_program: () -> program, called once, by the first. A program is a
        function of the arguments of all seats, and returns all answers.
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
    """Nobody comes to this seat again; no harm in saying it twice."""
    self._present.discard(seat)
    self._answer_if_all_came()

  def _answer_if_all_came(self):
    if not self._asked or self._asked.keys() != self._present:
      return
    # At an empty seat sits a double of the first, who takes no step.
    *first, _ = next(iter(self._asked.values()))
    double = (*first, np.int32(0))
    asked, self._asked = self._asked, {}
    try:
      answers = self._program(
        [asked.get(seat, double) for seat in range(self._seats)]
      )
      self._answers = {seat: answers[seat] for seat in asked}
    except Exception as e:  # Each of them is to hear of it.
      self._answers = dict.fromkeys(asked, e)
    self.turn.notify_all()


def _place(meeting, seat, config, pipeline):
  """A run's place: one device, and steps that are taken with the others'."""
  rates = {
    k: np.float32(v) for k, v in config.optimizer.options.items() if k in RATES
  }

  def train_steps(state, batches, num):
    return meeting.call(
      seat, lambda: _program(config, pipeline), rates, state, batches, num
    )

  return parallel.jit(jax.devices()[:1]), train_steps


def _program(config, pipeline):
  """(rates, state, batches, num) of each seat -> (state, history) of each."""

  def at_seat(rates, state, batches, num):
    train_steps = run.make_steps(config, pipeline, **rates)
    return train_steps(state, batches, num)

  def at_all(asked):
    stacked = jax.tree.map(lambda *a: jnp.stack(a), *asked)
    answers = jax.vmap(at_seat)(*stacked)
    leaves, treedef = jax.tree.flatten(answers)
    return [treedef.unflatten(of_seat) for of_seat in zip(*leaves)]

  return jax.jit(at_all)
