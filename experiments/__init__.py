"""The command line: `python -m experiments.train --help`, and its siblings.

Installed from a wheel this package is `musiczoo.experiments`, and the commands
are `musiczoo-train` and so on.
"""


def command(name: str, *arguments: str) -> list[str]:
  """Arguments of Python that run one of the commands in its own process."""
  return ['-m', f'{__name__}.{name}', *arguments]
