"""Jobs as an array of SLURM, one task each, by a script of sbatch."""

from collections.abc import Sequence
import os
import shlex
import shutil
import subprocess
import sys

from musiczoo.music.files import write_atomic
from musiczoo.runs.sweep.launchers.scheduler import Job, LaunchOptions, ROOT

SCRIPT = 'sweep.sbatch'


def slurm(jobs: Sequence[Job], options: LaunchOptions) -> None:
  """Writes the script, submits it if sbatch is here, and waits for its end."""
  path = options.workdir / SCRIPT
  write_atomic(path, script(jobs, options))
  command = ['sbatch', '--wait', str(path)]
  if shutil.which('sbatch') is None:
    print(
      f'there is no sbatch here. Where there is: {shlex.join(command)}\n'
      'then this command again gives the table'
    )
    return
  process = subprocess.Popen(command, start_new_session=True)
  while True:
    try:
      process.wait(timeout=0.2)
      break
    except subprocess.TimeoutExpired:
      if options.stopping():
        process.terminate()
        print('what was submitted goes on: see squeue, scancel')
        return
  for job in jobs:
    options.report(job)


def script(jobs: Sequence[Job], options: LaunchOptions) -> str:
  """The script for sbatch; partition and time are set by its own variables.

  SLURM ends a task with SIGTERM some seconds before SIGKILL: then it saves, and
  continues when it is requeued or submitted again.
  """
  trial = shlex.join([sys.executable, *options.command])
  array = '\n'.join(f'  {shlex.quote(",".join(job))}' for job in jobs)
  return f"""#!/bin/bash
#SBATCH --job-name=musiczoo-sweep
#SBATCH --array=0-{len(jobs) - 1}%{options.workers}
#SBATCH --output={shlex.quote(f'{options.workdir}/slurm-%A_%a.log')}
#SBATCH --open-mode=append
#SBATCH --requeue
set -euo pipefail
cd {shlex.quote(os.getcwd())}
export PYTHONPATH={shlex.quote(str(ROOT))}${{PYTHONPATH:+:$PYTHONPATH}}
jobs=(
{array}
)
exec {trial} --trials="${{jobs[$SLURM_ARRAY_TASK_ID]}}"
"""
