"""Runs a command: parses its flags, prints a user's error as one line, status 2.

Nothing here imports jax, so that `--help` and a typo are answered at once.
"""

from collections.abc import Sequence
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

from . import config as configs, signals, usage

FLAGS = flags.FLAGS
_HELP = {'--help', '-help', '--helpshort', '-h', '-?'}
_overrides: list[tuple[str, str]] = []  # Of the command line: key, text.


def run(
  main,
  *,
  required: Sequence[usage.Required] = (),
  positional: str | None = None,
) -> None:
  """Parses the flags, calls main() and exits with its status.

  0 done, 2 an error of the user, 130 or 143 stopped by a signal.

  Args:
    main: returns a status, or None for 0. The docstring of its module is the
      beginning of --help.
    required: flags, or tuples of flags of which one has to be given.
    positional: the flag whose value may stand without its name.
  """
  _open_streams()
  # A console of another encoding has replaced characters, not a traceback.
  if isinstance(sys.stdout, io.TextIOWrapper):
    sys.stdout.reconfigure(errors='replace')
  sys.stdout = signals.Output(sys.stdout)
  _show_warnings()
  _make_exact()

  def parsed(argv):
    if not _HELP.isdisjoint(argv):
      doc = main.__globals__['__doc__']
      print(usage.text(doc, required), end='')
      sys.exit(0)
    rest = _flags(argv, positional)
    for message in filter(None, map(usage.missing, required)):
      raise UserError(message)
    return rest

  app.run(
    lambda _: sys.exit(_guarded(main)),
    flags_parser=lambda argv: _guarded(parsed, argv),
  )


def _open_streams():
  """Gives stdin, stdout and stderr that were closed to /dev/null.

  Else a file of the run would get their numbers, and what is printed.
  """
  while (descriptor := os.open(os.devnull, os.O_RDWR)) < 3:
    pass
  os.close(descriptor)
  for name in 'stdin', 'stdout', 'stderr':
    if getattr(sys, name) is None:
      setattr(sys, name, open(os.devnull, 'r' if name == 'stdin' else 'w'))


class _OneLine(logging.Formatter):
  def format(self, record):
    text = printable(' '.join(record.getMessage().split()))
    return f'{record.levelname.lower()}: {text}'


def _show_warnings():
  """Prints what the library warns of, and nothing that others log."""
  # Orbax logs each step, and errors before it raises them.
  absl_logging.set_verbosity(absl_logging.FATAL)
  handler = logging.StreamHandler()
  handler.setFormatter(_OneLine())
  ours = logging.getLogger('musiczoo')
  ours.addHandler(handler)
  ours.setLevel(logging.WARNING)  # Its parent's is absl's, FATAL.
  ours.propagate = False


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
  except OSError as e:  # Such as a full disk or a read-only file.
    message = f'{e.filename or "file system"}: {e.strerror or e}'
  except Exception as e:
    # Of NumPy, and of the runtime of a device.
    if not isinstance(e, MemoryError) and 'RESOURCE_EXHAUSTED' not in str(e):
      raise
    message = (
      'the memory is used up: lower the sizes of the model, of batches or of '
      f'what is sampled ({(str(e).splitlines() or ["no more"])[0]})'
    )
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
    'FILE.py:VARIANT, such as experiments/configs/chorales.py:lstm; '
    '--config.NAME=VALUE changes a value of it, see docs/config.md.',
  )


def config(given: str) -> dict:
  """The config of the command line, with its changes, as a plain dict."""
  return configs.load(given, _overrides)


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
