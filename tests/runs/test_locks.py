"""A folder has one owner, who loses it with his life."""

import subprocess
import sys

from musiczoo.runs import locks

HOLDER = """
import pathlib, sys, time
from musiczoo.runs import locks
with locks.held([pathlib.Path(sys.argv[1])]):
  print('held', flush=True)
  time.sleep(60)
"""


def test_a_lock_ends_with_its_process(tmp_path):
  assert not locks.is_held(tmp_path)
  holder = subprocess.Popen(
    [sys.executable, '-c', HOLDER, str(tmp_path)], stdout=subprocess.PIPE
  )
  holder.stdout.readline()
  assert locks.is_held(tmp_path)
  # Who is to stop does not wait for ever.
  with locks.held([tmp_path], lambda: True) as held:
    assert not held
  holder.kill()
  holder.communicate()
  assert not locks.is_held(tmp_path)
  with locks.held([tmp_path]) as held:
    assert held
    assert locks.is_held(tmp_path)
  assert not locks.is_held(tmp_path)


def test_all_or_none(tmp_path):
  a, b = tmp_path / 'a', tmp_path / 'b'
  a.mkdir(), b.mkdir()
  with locks.held([b]):
    with locks.held([b, a], lambda: True) as held:
      assert not held
    assert not locks.is_held(a)
