"""Eight fake devices for every test, and no program compiled twice."""

from importlib.metadata import version
import os
import pathlib
import resource
import sys

# Before jax starts: two steps in flight on eight devices need their threads.
os.environ['PJRT_NPROC'] = '16'
os.environ['JAX_PLATFORMS'] = 'cpu'
# The programs are tiny: making them fast would take longer than running them.
os.environ['XLA_FLAGS'] = (
  '--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true '
) + (
  # Compiles in 0.4 of the time; later versions have no such flag.
  '--xla_cpu_use_fusion_emitters=false'
  if version('jaxlib').startswith('0.10.')
  else ''
)

from hypothesis import settings
import jax
import pytest

CACHE = pathlib.Path(__file__).parents[1] / '.pytest_cache' / 'compiled'

jax.config.update('jax_num_cpu_devices', 8)
# Most of the suite's time is the compiler's; many tests share their programs.
jax.config.update('jax_compilation_cache_dir', str(CACHE))
jax.config.update('jax_persistent_cache_min_compile_time_secs', 0.2)
jax.config.update('jax_persistent_cache_min_entry_size_bytes', 0)

# How long an example takes depends on the machine, not on the code. The same
# examples each time: a change is not refused for what it did not break. Others
# are tried with --hypothesis-profile=random.
settings.register_profile('random', deadline=None)
settings.register_profile('same', deadline=None, derandomize=True)
settings.load_profile('same')

# The fast suite runs commands in process; what real processes may cost it.
MOST_CHILD_SECONDS = 90
_usage = {}  # Worker -> (seconds of its child processes, its peak megabytes).


@pytest.fixture(scope='module', autouse=True)
def forget():
  """Drops a file's programs: a process can map only so much code."""
  yield
  jax.clear_caches()


def _measured():
  children = resource.getrusage(resource.RUSAGE_CHILDREN)
  peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
  unit = 2**20 if sys.platform == 'darwin' else 2**10
  return children.ru_utime + children.ru_stime, peak / unit


def pytest_sessionfinish(session):
  """Measures this process; the one that has workers checks the limit."""
  config = session.config
  if hasattr(config, 'workeroutput'):
    config.workeroutput['usage'] = _measured()
    return
  if not _usage:
    _usage['main'] = _measured()
  is_fast = config.option.markexpr == 'not slow'
  if is_fast and _child_seconds() > MOST_CHILD_SECONDS:
    session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
  """Collects what a worker of pytest-xdist measured."""
  if 'usage' in getattr(node, 'workeroutput', {}):
    _usage[node.gateway.id] = node.workeroutput['usage']


def pytest_terminal_summary(terminalreporter):
  peak = max(megabytes for _, megabytes in _usage.values())
  terminalreporter.write_line(
    f'processor time of child processes: {_child_seconds():.0f} s (at most '
    f'{MOST_CHILD_SECONDS} s in the fast suite); peak memory of a worker: '
    f'{peak:.0f} MB'
  )


def _child_seconds() -> float:
  return sum(seconds for seconds, _ in _usage.values())
