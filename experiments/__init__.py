"""The command line: `python -m experiments.train --help`, and its siblings.

Installed from a wheel this package is `musiczoo.experiments`, and the commands
are `musiczoo-train` and so on.
"""

import pathlib
import sys

# The folder that this package is imported from.
ROOT = pathlib.Path(__file__).parents[__name__.count('.') + 1]


def command(name: str, *arguments: str) -> list[str]:
  """The command line that runs one of the commands in its own process."""
  return [sys.executable, '-m', f'{__name__}.{name}', *arguments]
