"""Whatever a task does to its process, the next one finds it well."""

import os
import time

import pytest

from musiczoo.data.sandbox import Sandbox

kept = []


def task(what):
  if what == 'die':
    os._exit(1)
  if what == 'hang':
    time.sleep(60)
  if what == 'grow':
    bytearray(2**30)
  if what == 'err':
    raise ValueError(what)
  if what == 'leak':
    kept.append(bytearray(100 * 2**20))
  return [what]


@pytest.fixture
def guarded():
  guarded = Sandbox(task, seconds=2, megabytes=256)
  yield guarded
  guarded.close()


@pytest.mark.parametrize(
  'what,code',
  [
    ('die', 'crashed'),
    ('hang', 'timeout'),
    ('grow', 'memory'),
    ('err', 'failed'),
  ],
)
def test_what_breaks_costs_itself_only(guarded, what, code):
  assert guarded.run('fine') == ['fine']
  assert guarded.run(what) == code
  assert guarded.run('fine') == ['fine']


def test_a_task_pays_only_for_its_own_memory(guarded):
  assert [guarded.run('leak') for _ in range(5)] == [['leak']] * 5


def test_what_is_closed_runs_nothing(guarded):
  guarded.run('fine')
  guarded.close()
  assert guarded.run('fine') == 'crashed'
