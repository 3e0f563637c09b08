"""The least memory of small programs that can be counted by hand."""

import os
from typing import NamedTuple

import jax
import jax.numpy as jnp
import pytest

from musiczoo.errors import UserError
from musiczoo.training import memory


def array(*shape, dtype=jnp.float32):
  return jax.ShapeDtypeStruct(shape, dtype)


def peak(function, *args):
  return memory.peak(jax.make_jaxpr(function)(*args).jaxpr)


def test_a_matmul_has_both_operands_and_its_result():
  function = lambda w, x: jnp.tanh(x @ w) + 1
  assert peak(function, array(3, 5), array(7, 3)) == 4 * (15 + 21 + 35)


def test_the_largest_operation_counts_wherever_it_is():
  def function(w, x):
    step = lambda h, _: (jax.jit(jnp.dot)(h, w), h)
    return jax.lax.scan(step, x, None, length=100)

  # The scan: w, x, the last h and all of them; a matmul in it is smaller.
  numbers = 3 * 3 + 7 * 3 + 7 * 3 + 100 * 7 * 3
  assert peak(function, array(3, 3), array(7, 3)) == 4 * numbers


def test_a_size_is_that_of_all_leaves():
  tree = {'a': array(2, 3), 'b': [array(5, dtype=jnp.int16), None]}
  assert memory.size(tree) == 4 * 6 + 2 * 5


def test_devices_share_what_the_machine_has():
  whole = memory.available(1)
  pages = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
  assert 0 < whole <= pages
  assert memory.available(4) == whole // 4


def test_what_fits_is_not_refused_and_what_does_not_is_named():
  needs = {'for parameters': 2e9, 'for batches': 1.5e9}
  memory.check(needs, int(3.5e9), 'lower it')
  with pytest.raises(UserError) as error:
    memory.check(needs, int(3.4e9), 'lower it')
  assert str(error.value) == (
    '3.5 GB of memory are needed at least, and there are 3.4 GB: '
    '2.0 GB for parameters, 1.5 GB for batches; lower it'
  )


class State(NamedTuple):
  params: jax.ShapeDtypeStruct


def test_runs_side_by_side_need_as_many_times_the_memory(monkeypatch):
  monkeypatch.setattr(memory, 'available', lambda devices: 2_500_000_000)
  state, batch = State(array(10**8)), {'x': array(10**6)}
  program = jax.make_jaxpr(lambda x: x)(1.0).jaxpr
  memory.check_step(state, batch, program, 10, 1, 2)
  with pytest.raises(UserError) as error:
    memory.check_step(state, batch, program, 10, 1, 3)
  assert str(error.value) == (
    '2.5 GB of memory are needed at least, and there are 2.5 GB: 1.2 GB for '
    'parameters and optimizer of 3 runs, 0.1 GB for 10 batches of 3 runs, '
    '1.2 GB for activations and gradients of 3 runs; lower --together, '
    '--config.model.hidden, --config.batch_size, --config.window or '
    '--config.steps_per_dispatch'
  )
