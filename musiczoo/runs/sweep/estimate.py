"""The memory of runs side by side, estimated before any of them begins."""

from collections.abc import Iterable, Mapping
import concurrent.futures
import logging
import multiprocessing

from musiczoo import build
from musiczoo.errors import UserError
from musiczoo.runs import run


def check(jobs: Iterable[tuple[build.RunConfig, int]]) -> None:
  """Refuses runs that cannot fit into one program on this machine.

  In a process of its own: this one would hold a GPU that the runs need.

  Args:
    jobs: of each a config, and how many runs of its shape are side by side.

  Raises:
    UserError: they would need more memory than there is.
  """
  context = multiprocessing.get_context('spawn')
  with concurrent.futures.ProcessPoolExecutor(1, context) as pool:
    for config, runs in jobs:
      try:
        pool.submit(_check, config.to_dict(), runs).result()
      except concurrent.futures.BrokenExecutor as error:
        raise UserError(
          f'--together={runs}: the process that estimated the memory of a step '
          'was killed: free some memory'
        ) from error


def _check(plain: Mapping, runs: int) -> None:
  logging.disable(logging.WARNING)  # The parent has read the corpus, too.
  run.check_memory(build.RunConfig.from_dict(plain), runs)
