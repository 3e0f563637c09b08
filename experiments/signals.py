"""Signals, and the end of an output, as requests to save and stop."""

from collections.abc import Iterator
import contextlib
import os
import signal
import sys

# What ends a command: Ctrl-C, `kill`, the end of its terminal.
NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def numbers() -> list[signal.Signals]:
  """NUMBERS, without SIGHUP where it is ignored, as under nohup.

  A shell that runs scripts has its background jobs ignore SIGINT; they are to
  save and stop all the same.
  """
  is_nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
  return [n for n in NUMBERS if n is not signal.SIGHUP or not is_nohup]


class Signals:
  """`with Signals() as signals`: each of NUMBERS asks for a stop.

  So does the end of the pipe that is written to.
  """

  def __init__(self):
    self.received = 0

  def __enter__(self):
    self._before = {n: signal.signal(n, self._receive) for n in numbers()}
    self._terminals = [s for s in (sys.stdout, sys.stderr) if s.isatty()]
    return self

  def __exit__(self, *error):
    for number, handler in self._before.items():
      signal.signal(number, handler)

  def _receive(self, number, frame):
    del frame
    for stream in self._terminals:
      if not stream.isatty():  # It is gone; each line would be an error.
        silence(stream)
    if self.received:
      raise KeyboardInterrupt
    self.received = number
    with contextlib.suppress(OSError):
      print('stopping; once more to stop without saving', file=sys.stderr)

  @contextlib.contextmanager
  def output(self) -> Iterator[None]:
    """`with signals.output(): print(...)`: the end of the pipe asks for a stop."""
    yield
    if getattr(sys.stdout, 'is_lost', False) and not self.received:
      self.received = signal.SIGPIPE

  def stopping(self) -> int:
    """The number of the signal that was received; 0 if there was none."""
    return self.received

  def status(self, status: int = 0) -> int:
    """The exit status: of the signal, or the given one."""
    return 128 + self.received if self.received else status


class Output:
  """Standard output that may be closed, as by `| head`, while work goes on.

  Attributes:
    is_lost: whether nobody reads what is written.
  """

  def __init__(self, stream):
    self._stream = stream
    self.is_lost = False

  def __getattr__(self, name):
    return getattr(self._stream, name)

  def write(self, text):
    return self._unless_closed(self._stream.write, text)

  def flush(self):
    self._unless_closed(self._stream.flush)

  def _unless_closed(self, function, *args):
    try:
      return function(*args)
    except BrokenPipeError:
      # What is still in the buffer is lost, too.
      silence(self._stream)
      self.is_lost = True
      return None


def silence(stream) -> None:
  """Has what is written to a stream from now on be lost."""
  null = os.open(os.devnull, os.O_WRONLY)
  os.dup2(null, stream.fileno())
  os.close(null)
