"""Rates leave the compiler out and tell what one step is."""

import time

from musiczoo.training.throughput import Throughput


def test_the_first_dispatch_is_the_compilers():
  clock = Throughput({'tokens': 10})
  with clock.working(5):
    time.sleep(0.05)
  assert set(clock.read()) == {'seconds'}
  with clock.waiting():
    time.sleep(0.01)
  with clock.working(5):
    time.sleep(0.03)
  told = clock.read()
  assert told['seconds_per_step'] * 5 >= 0.04
  assert told['seconds_per_step'] * 5 < told['seconds']
  assert abs(told['tokens_per_second'] / told['steps_per_second'] - 10) < 1e-3
  assert 0 < told['share_waiting_for_data'] < 1
  assert set(clock.read()) == {'seconds'}
