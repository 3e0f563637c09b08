"""Signals, hang-ups and ends of pipes ask for a stop, once."""

import os
import signal
import sys

import pytest

from experiments.signals import numbers, Output, Signals


@pytest.mark.parametrize('number', numbers())
def test_a_signal_asks_for_a_stop_and_a_second_for_an_end(number, capsys):
  before = signal.getsignal(number)
  with Signals() as signals:
    assert not signals.stopping() and signals.status() == 0
    os.kill(os.getpid(), number)
    assert signals.stopping() == number
    assert signals.status() == 128 + number
    with pytest.raises(KeyboardInterrupt):
      os.kill(os.getpid(), number)
      signal.pause()
  assert signal.getsignal(number) == before
  assert 'once more to stop without saving' in capsys.readouterr().err


def test_under_nohup_a_hangup_is_ignored():
  before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
  try:
    with Signals() as signals:
      os.kill(os.getpid(), signal.SIGHUP)
      assert not signals.stopping()
  finally:
    signal.signal(signal.SIGHUP, before)


def test_the_end_of_a_pipe_asks_for_a_stop(monkeypatch):
  read, write = os.pipe()
  os.close(read)
  with open(write, 'w') as pipe, Signals() as signals:
    monkeypatch.setattr(sys, 'stdout', Output(pipe))
    for _ in range(2):  # Then nothing is an error any more.
      with signals.output():
        print('a line', flush=True)
    assert signals.stopping() == signal.SIGPIPE
