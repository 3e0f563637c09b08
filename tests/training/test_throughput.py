"""Rates leave the compiler out and are those of one step."""

import time

from musiczoo.training.throughput import Throughput


def test_the_first_dispatch_is_the_compilers():
  clock = Throughput({'tokens': 10})
  time.sleep(0.05)
  clock.end(5)
  assert set(clock.read()) == {'seconds'}
  clock.begin()
  with clock.waiting(lambda: True):
    time.sleep(0.01)
  time.sleep(0.03)
  clock.end(5)
  rates = clock.read()
  assert rates['seconds_per_step'] * 5 >= 0.04
  assert rates['seconds_per_step'] * 5 < rates['seconds']
  assert abs(rates['tokens_per_second'] / rates['steps_per_second'] - 10) < 1e-3
  assert 0 < rates['share_waiting_for_data'] < 1
  assert set(clock.read()) == {'seconds'}


def test_a_wait_counts_only_if_the_device_had_nothing_to_do():
  clock = Throughput({})
  clock.end(1)
  with clock.waiting(lambda: False):
    time.sleep(0.01)
  clock.end(1)
  assert clock.read()['share_waiting_for_data'] == 0
