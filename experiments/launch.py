"""Flags -> main(flags), with every user's error as one line and status 2.

Nothing here imports jax: `--help` and a typo answer at once.
"""

import difflib
import logging
import os
import pathlib
import re
import signal
import sys
import threading

from absl import app
from absl import flags
from ml_collections import config_flags

from musiczoo.errors import UserError

FLAGS = flags.FLAGS


def run(main) -> None:
  """Parses the flags and calls main(); leaves with its status.

  0 done, 2 the user can mend it, 130 or 143 stopped by a signal.
  """
  logging.basicConfig(format='%(message)s', level=logging.WARNING)
  # Steps in flight on several CPU devices share one pool of threads and can
  # starve it; XLA then aborts the process. It takes its size from here.
  os.environ.setdefault('PJRT_NPROC', '16')
  try:
    app.run(lambda _: _checked(main), flags_parser=_parse)
  except UserError as e:
    _refuse(e)


def _checked(main):
  try:
    sys.exit(main())
  except UserError as e:
    _refuse(e)
  except BrokenPipeError:
    sys.exit(0)


def _refuse(error):
  print(f'error: {error}', file=sys.stderr)
  sys.exit(2)


def _parse(argv):
  """Parses the command line; one line for whatever is wrong with it."""
  try:
    left = FLAGS(argv)
    if left[1:]:
      raise UserError(
          f"'{left[1]}' is no flag: flags begin with --, see --help"
      )
    return left
  except flags.UnrecognizedFlagError as e:
    near = ', '.join(f'--{n}' for n in e.suggestions[:3])
    near = near or _nearest(e.flagname, [n for n in FLAGS if n != 'config'])
    _refuse(f'unknown flag --{e.flagname}: ' + _hint(near))
  except (flags.Error, UserError) as e:
    _refuse(_one_line(e))
  except (AttributeError, KeyError, ValueError, TypeError) as e:
    _refuse(_config_error(argv, e))
  except (OSError, ImportError, SyntaxError) as e:
    _refuse(f'--config: {_one_line(e)}: give FILE.py:VARIANT, for example '
            'experiments/configs/chorales.py:lstm')


def _config_error(argv, error):
  """Names the key of a --config.a.b=v that is not there, and the nearest."""
  config = _loaded_config(argv)
  if config is not None:
    known = sorted(_keys(config))
    for argument in argv[1:]:
      key = re.match(r'--?config\.([^=]+)', argument)
      if key and key[1] not in known:
        near = _nearest(key[1], known)
        return f'config has no {key[1]}: ' + _hint(near)
  return _one_line(error)


def _loaded_config(argv):
  """The config of the command line without its overrides, if that loads."""
  plain = [a for a in argv if not re.match(r'--?config\.', a)]
  try:
    FLAGS.unparse_flags()
    FLAGS(plain, known_only=True)
    return FLAGS.config
  except Exception:  # Whatever it is, the first error is the one to tell.
    return None


def _keys(config, prefix=''):
  for key, value in config.items():
    yield prefix + key
    if hasattr(value, 'items'):
      yield from _keys(value, f'{prefix}{key}.')


def _nearest(name, known):
  close = difflib.get_close_matches(name, known, 1, 0.4)
  if not close:  # The last part may be right and its table forgotten.
    last = {k.rsplit('.', 1)[-1]: k for k in known}
    match = difflib.get_close_matches(name.rsplit('.', 1)[-1], last, 1, 0.6)
    close = [last[m] for m in match]
  return close[0] if close else ''


def _hint(near):
  return f'did you mean {near}?' if near else 'see --help'


def _one_line(error):
  message = error.args[0] if isinstance(error, KeyError) else str(error)
  return ' '.join(str(message).split())[:400]


def config_flag():
  """Defines --config=FILE.py:VARIANT and its --config.a.b=value."""
  return config_flags.DEFINE_config_file(
      'config',
      help_string='FILE.py:VARIANT, for example '
      'experiments/configs/chorales.py:lstm; change any of its numbers with '
      '--config.name=value.',
  )


def require(**given) -> None:
  """Refuses to begin without these flags."""
  for name, value in given.items():
    if value is None:
      raise UserError(f'--{name} is missing: see --help')


def make_folder(path: pathlib.Path) -> None:
  """Makes a folder to write to, or says why not."""
  try:
    path.mkdir(parents=True, exist_ok=True)
  except OSError as e:
    raise UserError(f'{path}: {e.strerror}: choose another folder') from e


def write_text(path: pathlib.Path, text: str) -> None:
  """Writes a file, or says why not."""
  try:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
  except OSError as e:
    raise UserError(f'{path}: {e.strerror}: choose another file') from e


class Signals:
  """Ctrl-C and SIGTERM ask for a stop; a second Ctrl-C insists."""

  def __init__(self):
    self.received = 0
    if threading.current_thread() is threading.main_thread():
      signal.signal(signal.SIGINT, self._receive)
      signal.signal(signal.SIGTERM, self._receive)

  def _receive(self, number, frame):
    del frame
    if self.received and number == signal.SIGINT:
      raise KeyboardInterrupt
    self.received = number

  def stopping(self) -> bool:
    return bool(self.received)
