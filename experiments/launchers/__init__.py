"""Where the jobs of a sweep are run: functions (jobs, ask) -> None.

A job is a tuple of ids of trials that are run side by side, by whoever: all call
`musiczoo.sweep.run`, and what comes of it is in the trials' folders.
"""

from experiments.launchers.local import local
from experiments.launchers.ray import ray
from experiments.launchers.slurm import slurm

LAUNCHERS = {'local': local, 'ray': ray, 'slurm': slurm}
