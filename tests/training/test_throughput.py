"""Rates leave the compiler out and are those of one step."""

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
  rates = clock.read()
  assert rates['seconds_per_step'] * 5 >= 0.04
  assert rates['seconds_per_step'] * 5 < rates['seconds']
  assert abs(rates['tokens_per_second'] / rates['steps_per_second'] - 10) < 1e-3
  assert 0 < rates['share_waiting_for_data'] < 1
  assert set(clock.read()) == {'seconds'}
