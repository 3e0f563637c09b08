"""The optimizer and the devices of a config, and the cache of programs."""

import jax

from musiczoo.build.config import RunConfig
from musiczoo.music.files import cache_folder
from musiczoo.training import parallel
from musiczoo.training.optimizers import OPTIMIZERS


def optimizer(config: RunConfig, **changes):
  """The optimizer; `changes` are options that may be traced numbers."""
  return config.optimizer.make(OPTIMIZERS, **changes)


def devices(config: RunConfig) -> parallel.Parallel:
  """All devices, used as the config says."""
  return parallel.MODES[config.parallel](jax.devices())


def cache_compilation() -> None:
  """Keeps compiled programs in the user's cache folder, across processes."""
  folder = cache_folder() / 'compiled'
  jax.config.update('jax_compilation_cache_dir', str(folder))
  # Programs that compile within a second, too: a sweep needs them often.
  jax.config.update('jax_persistent_cache_min_compile_time_secs', 0.1)
  jax.config.update('jax_persistent_cache_min_entry_size_bytes', 0)
