"""Eight fake devices for every test, and no program compiled twice."""

import os
import pathlib

# Before jax starts: two steps in flight on eight devices need their threads.
os.environ['PJRT_NPROC'] = '16'
os.environ['JAX_PLATFORMS'] = 'cpu'
# The programs are tiny: making them fast would take longer than running them.
os.environ['XLA_FLAGS'] = (
    '--xla_backend_optimization_level=0 '
    '--xla_llvm_disable_expensive_passes=true'
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

# How long an example takes is up to the machine, and says nothing of the code.
settings.register_profile('patient', deadline=None)
settings.load_profile('patient')


@pytest.fixture(scope='module', autouse=True)
def forget():
  """Lets go of a file's programs: a process can map only so much code."""
  yield
  jax.clear_caches()
