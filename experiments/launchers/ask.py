"""What a launcher is asked for."""

from collections.abc import Callable
import pathlib
from typing import NamedTuple


class Ask(NamedTuple):
  """Attributes:
  workdir: absolute, of the sweep.
  workers: jobs at a time.
  stopping: asked all the time; True has all saved and ended.
  report: hears of each job that was worked at, finished or not.
  """

  workdir: pathlib.Path
  workers: int
  stopping: Callable[[], bool]
  report: Callable[[tuple[str, ...]], None]
