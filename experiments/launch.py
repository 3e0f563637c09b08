"""Runs a command: parses its flags, prints a user's error as one line, status 2.

Nothing here imports jax, so that `--help` and a typo are answered at once.
"""

import difflib
import io
import logging
import os
import pathlib
import re
import signal
import sys

from absl import app, flags, logging as absl_logging

from musiczoo.errors import printable, UserError
from musiczoo.music.files import write_output

from . import config as configs

FLAGS = flags.FLAGS
_overrides: list[tuple[str, str]] = []  # Of the command line: key, text.


def run(main, positional: str | None = None) -> None:
  """Parses the flags, calls main() and exits with its status.

  0 done, 2 an error of the user, 130 or 143 stopped by a signal.

  Args:
    main: returns a status, or None for 0.
    positional: the flag whose value may stand without its name.
  """
  # Orbax logs each step, and errors before it raises them.
  absl_logging.set_verbosity(absl_logging.FATAL)
  ours = logging.getLogger('musiczoo')
  handler = logging.StreamHandler()
  handler.setFormatter(_Printable())
  ours.addHandler(handler)
  ours.setLevel(logging.WARNING)  # Its parent's is absl's, FATAL.
  ours.propagate = False
  # A console of another encoding has replaced characters, not a traceback.
  if isinstance(sys.stdout, io.TextIOWrapper):
    sys.stdout.reconfigure(errors='replace')
  _make_exact()
  _list_flags(main)
  app.run(
    lambda _: sys.exit(_guarded(main)),
    flags_parser=lambda argv: _guarded(_flags, argv, positional),
  )


class _Printable(logging.Formatter):
  """Escapes control characters of file names."""

  def format(self, record):
    return printable(super().format(record))


def _list_flags(main):
  """Makes --help list all flags of the command, whichever file defines them."""
  sys.modules['__main__'].__doc__ = sys.modules[main.__module__].__doc__
  for module, defined in FLAGS.flags_by_module_dict().items():
    if module.startswith(f'{__package__}.'):
      for flag in defined:
        FLAGS.register_key_flag_for_module(sys.argv[0], flag)


def _make_exact():
  """Sets the environment in which jax computes the same bits each time."""
  # The size of the thread pool determines how sums on the CPU are split. Steps on
  # several devices share it; if it is small they can deadlock, and XLA aborts.
  os.environ['PJRT_NPROC'] = '16'
  # On GPUs: no atomic adds, and no kernels chosen by timing.
  if 'xla_gpu_deterministic_ops' not in os.environ.get('XLA_FLAGS', ''):
    own = os.environ.get('XLA_FLAGS', ''), '--xla_gpu_deterministic_ops=true'
    os.environ['XLA_FLAGS'] = ' '.join(own).strip()


def _guarded(function, *args):
  try:
    return function(*args)
  except UserError as e:
    message = ' '.join(str(e).split())
  except KeyboardInterrupt:
    print('stopped', file=sys.stderr)
    sys.exit(128 + signal.SIGINT)
  except BrokenPipeError:  # As of `| head`.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)
  except OSError as e:  # Such as a full disk or a read-only file.
    message = f'{e.filename or "file system"}: {e.strerror or e}'
  print(printable(f'error: {message}'), file=sys.stderr)
  sys.exit(2)


def _flags(argv, positional):
  """Sets absl's flags and keeps each --config.a.b=value for `config`."""
  plain = []
  for argument in argv:
    override = re.fullmatch(r'--?config\.([^=]+)=(.*)', argument, re.DOTALL)
    if override and 'config' not in FLAGS:
      raise UserError(f'{argument}: this command takes no config')
    if override:
      _overrides.append(override.groups())
    elif re.match(r'--?config\.', argument):
      raise UserError(f'{argument} has no value: write {argument}=VALUE')
    else:
      plain.append(argument)
  try:
    rest = FLAGS(plain)[1:]
  except flags.UnrecognizedFlagError as e:
    near = difflib.get_close_matches(e.flagname, list(FLAGS), 1, 0.5)
    hint = f'did you mean --{near[0]}?' if near else 'see --help'
    raise UserError(f'unknown flag --{e.flagname}: {hint}') from e
  except flags.Error as e:
    raise UserError(f'{e}: see --help') from e
  if positional and rest:
    FLAGS[positional].value = rest.pop(0)
  if rest:
    raise UserError(f"'{rest[0]}' is no flag: flags begin with --, see --help")
  return argv[:1]


def config_flag(default: str | None = None):
  """Defines --config=FILE.py:VARIANT and its --config.a.b=value."""
  return flags.DEFINE_string(
    'config',
    default,
    'FILE.py:VARIANT, for example experiments/configs/chorales.py:lstm; '
    '--config.NAME=VALUE changes a value of it.',
  )


def config(given: str | None) -> dict:
  """The config of the command line, with its changes, as a plain dict."""
  require(config=given)
  return configs.load(given, _overrides)


def require(**given) -> None:
  """Raises UserError unless these flags are given."""
  for name, value in given.items():
    if value is None:
      raise UserError(f'--{name} is missing: see --help')


def make_folder(path: pathlib.Path) -> None:
  """Makes a folder to write to; UserError if it can't be made."""
  try:
    path.mkdir(parents=True, exist_ok=True)
  except OSError as e:
    raise UserError(f'{path}: {e.strerror}: choose another folder') from e


def write_text(path: pathlib.Path, text: str) -> None:
  """Writes a file and makes its folder; UserError if it can't be written."""
  make_folder(path.parent)
  write_output(path, text)


class Signals:
  """`with Signals() as signals`: Ctrl-C and SIGTERM ask for a stop."""

  def __init__(self):
    self.received = 0

  def __enter__(self):
    numbers = (signal.SIGINT, signal.SIGTERM)
    self._before = {n: signal.signal(n, self._receive) for n in numbers}
    return self

  def __exit__(self, *error):
    for number, handler in self._before.items():
      signal.signal(number, handler)

  def _receive(self, number, frame):
    del frame
    if self.received:
      raise KeyboardInterrupt
    self.received = number
    print('stopping; once more to stop without saving', file=sys.stderr)

  def stopping(self) -> bool:
    """Whether a signal was received."""
    return bool(self.received)

  def status(self, status: int = 0) -> int:
    """The exit status: of the signal, or the given one."""
    return 128 + self.received if self.received else status
