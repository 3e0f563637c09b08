"""Where the jobs of a sweep are run: functions (jobs, ask) -> None.

A job is a tuple of ids of trials that are run side by side, by whoever: all call
`musiczoo.sweep.run`, and what comes of it is in the trials' folders.
"""

from .local import local
from .ray import ray
from .slurm import slurm

LAUNCHERS = {'local': local, 'ray': ray, 'slurm': slurm}
