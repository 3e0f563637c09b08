"""A Ray cluster: the one of RAY_ADDRESS, or a temporary one made here."""

import contextlib
import os

from musiczoo.errors import UserError


@contextlib.contextmanager
def cluster(flag: str):
  """Yields the module `ray`, connected.

  Args:
    flag: that needs it, for the errors.

  Raises:
    UserError: Ray is not installed, or its cluster is not there.
  """
  try:
    import ray
  except ImportError:
    raise UserError(f"{flag} needs the extra 'ray': pip install ray") from None
  os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')  # No network.
  ours = not ray.is_initialized()
  try:
    if ours:
      ray.init(
        include_dashboard=False, log_to_driver=False, logging_level='error'
      )
  except ConnectionError as error:
    raise UserError(
      f'{flag} finds no cluster: correct RAY_ADDRESS, or unset it to make one here'
    ) from error
  try:
    yield ray
  finally:
    if ours:
      ray.shutdown()
