"""Commands of `experiments`, run inside the test's own process.

A process of its own takes seconds to import JAX and to compile what is compiled
here already. So `run` imports the command's module anew, parses its flags and
calls its main, as `python -m experiments.NAME` does; `start` is for what only a
real process shows: signals, kills, peers.
"""

import contextlib
import importlib
import io
import logging
import os
import pathlib
import signal
import subprocess
import sys
from typing import NamedTuple
from unittest import mock

from absl import flags
import jax

ROOT = pathlib.Path(__file__).parents[2]


class Answer(NamedTuple):
  """What a command left behind, as of `subprocess.run`."""

  returncode: int
  stdout: str
  stderr: str


def command(name: str, *arguments) -> list[str]:
  """The command line of a real process."""
  return [sys.executable, '-m', f'experiments.{name}', *map(str, arguments)]


def start(name: str, *arguments, **options) -> subprocess.Popen:
  """Starts a real process, whose output is text in pipes."""
  options = {'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE} | options
  with default_sighup():
    return subprocess.Popen(
      command(name, *arguments), cwd=ROOT, text=True, **options
    )


@contextlib.contextmanager
def default_sighup():
  """Has processes that are started not ignore SIGHUP, as under nohup."""
  before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
  try:
    yield
  finally:
    signal.signal(signal.SIGHUP, before)


def run(name: str, *arguments) -> Answer:
  """Runs a command to its end, on one device."""
  out, err = io.StringIO(), io.StringIO()
  devices = jax.devices()[:1]
  with (
    _flags_of_its_own(),
    _settings_restored(),
    contextlib.chdir(ROOT),
    contextlib.redirect_stdout(out),
    contextlib.redirect_stderr(err),
    mock.patch.object(jax, 'devices', lambda *_: devices),
    mock.patch.object(sys, 'argv', [name, *map(str, arguments)]),
  ):
    module = importlib.import_module(f'experiments.{name}')
    try:
      module.run()
      status = 0
    except SystemExit as e:
      status = e.code or 0
  return Answer(status, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _flags_of_its_own():
  """Sets the flags of other commands aside: they may have the same names."""
  modules, others = _forget_commands()
  try:
    yield
  finally:
    _forget_commands()
    sys.modules.update(modules)
    for name, (definer, flag) in others.items():
      flags.FLAGS[name] = flag
      flags.FLAGS.register_flag_by_module(definer, flag)
    flags.FLAGS.mark_as_parsed()


def _forget_commands():
  """Takes out, and returns, modules of `experiments` and their flags."""
  is_ours = lambda module: module.split('.')[0] == 'experiments'
  modules = {n: sys.modules.pop(n) for n in list(sys.modules) if is_ours(n)}
  definers = {
    name: flags.FLAGS.find_module_defining_flag(name, '')
    for name in list(flags.FLAGS)
  }
  found = {
    name: (definer, flags.FLAGS[name])
    for name, definer in definers.items()
    if is_ours(definer)
  }
  for name in found:
    delattr(flags.FLAGS, name)
  flags.FLAGS.unparse_flags()
  return modules, found


@contextlib.contextmanager
def _settings_restored():
  """Puts back what a command sets for its whole process."""
  loggers = [logging.getLogger(name) for name in (None, 'absl', 'musiczoo')]
  before = [
    (logger, logger.level, logger.propagate, logger.handlers[:])
    for logger in loggers
  ]
  config = {
    name: getattr(jax.config, name)
    for name in (
      'jax_compilation_cache_dir',
      'jax_persistent_cache_min_compile_time_secs',
      'jax_persistent_cache_min_entry_size_bytes',
    )
  }
  with mock.patch.dict(os.environ):
    try:
      yield
    finally:
      for logger, level, propagate, handlers in before:
        logger.setLevel(level)
        logger.propagate, logger.handlers = propagate, handlers
      for name, value in config.items():
        jax.config.update(name, value)
