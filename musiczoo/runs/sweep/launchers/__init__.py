"""Where the jobs of a sweep run: functions (jobs, options) -> None.

A job is a tuple of ids of trials that are run side by side. All launchers run the
command of the options, and the results are in the trials' folders.
"""

from musiczoo.runs.sweep.launchers.ray import ray
from musiczoo.runs.sweep.launchers.slurm import slurm
from musiczoo.runs.sweep.launchers.workers import local

LAUNCHERS = {'local': local, 'ray': ray, 'slurm': slurm}
