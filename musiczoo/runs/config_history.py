"""Configs of earlier releases -> configs of this one.

What a release adds to the configs is named here with the value that means what
was done before, so that old runs go on and old checkpoints load.
"""

from collections.abc import Mapping

ADDED = {
    # 0.2
    'reproducible': 'run',
    'on_nan': 'stop',
}


def upgraded(config: Mapping) -> dict:
  return ADDED | dict(config)
