"""What processes agree on, and ports that are not theirs."""

import socket
import threading
import time

import jax
import pytest

from musiczoo.errors import UserError
from musiczoo.training import distributed


def join(port, process_id):
  distributed.join(f'127.0.0.1:{port}', 2, process_id)


def test_the_first_process_refuses_a_port_in_use():
  with socket.create_server(('127.0.0.1', 0)) as other:
    port = other.getsockname()[1]
    with pytest.raises(UserError, match=f'{port}: the port cannot be used'):
      join(port, 0)


def test_the_others_refuse_a_port_of_another_program():
  with socket.create_server(('127.0.0.1', 0)) as other:

    def answer():
      with other.accept()[0] as connection:
        connection.sendall(b'SSH-2.0-x')

    threading.Thread(target=answer).start()
    since = time.monotonic()
    with pytest.raises(UserError, match='another program has the port'):
      join(other.getsockname()[1], 1)
    assert time.monotonic() - since < 5


def test_the_others_wait_for_the_first_only_so_long(monkeypatch):
  monkeypatch.setattr(distributed, 'START', 0.5)
  with socket.socket() as unused:
    unused.bind(('127.0.0.1', 0))
    with pytest.raises(UserError, match='process 0 does not answer there'):
      join(unused.getsockname()[1], 1)


@pytest.mark.parametrize('port', ['x', '0', '65536', ''])
def test_a_port_is_a_number(port):
  with pytest.raises(UserError, match='give HOST:PORT'):
    join(port, 0)


def test_a_lost_process_is_known_by_its_error_or_the_cause_of_it(monkeypatch):
  lost = jax.errors.JaxRuntimeError('UNAVAILABLE: [..] Gloo: Connection closed')
  try:
    try:
      raise lost
    except Exception as e:
      raise RuntimeError('could not be saved') from e
  except RuntimeError as e:
    wrapped = e
  assert not distributed.is_lost(lost)  # There is but one process.
  monkeypatch.setattr(jax, 'process_count', lambda: 2)
  assert distributed.is_lost(lost) and distributed.is_lost(wrapped)
  orbax = "Timeout waiting at barrier '[op=3.state] save_and_finalize_3'."
  assert distributed.is_lost(TimeoutError(orbax))
  assert not distributed.is_lost(UserError('Connection'))
  assert not distributed.is_lost(OSError(28, 'No space left on device'))


def test_an_error_of_the_first_is_raised():
  def refuse():
    raise UserError('no')

  with pytest.raises(UserError, match='no'):
    distributed.on_first(refuse)
  assert distributed.on_first(lambda: [1, 'a']) == [1, 'a']
