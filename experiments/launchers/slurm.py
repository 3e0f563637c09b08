"""Jobs -> an array of SLURM, one task each, by a script of sbatch."""

from collections.abc import Sequence
import os
import shlex
import shutil
import subprocess

from musiczoo.music.files import write_atomic

from .. import command, ROOT
from .ask import Ask

SCRIPT = 'sweep.sbatch'


def slurm(jobs: Sequence[tuple[str, ...]], ask: Ask) -> None:
  """Writes the script, submits it if sbatch is here, and waits for its end."""
  path = ask.workdir / SCRIPT
  write_atomic(path, script(jobs, ask))
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
      if ask.stopping():
        process.terminate()
        print('what was submitted goes on: see squeue, scancel')
        return
  for job in jobs:
    ask.report(job)


def script(jobs: Sequence[tuple[str, ...]], ask: Ask) -> str:
  """What sbatch is given; where and how long is up to its own variables.

  SLURM ends a task with SIGTERM some seconds before SIGKILL: in these it saves,
  and requeued or submitted again it goes on.
  """
  trial = shlex.join(command('trial', f'--workdir={ask.workdir}'))
  array = '\n'.join(f'  {shlex.quote(",".join(job))}' for job in jobs)
  return f"""#!/bin/bash
#SBATCH --job-name=musiczoo-sweep
#SBATCH --array=0-{len(jobs) - 1}%{ask.workers}
#SBATCH --output={shlex.quote(f'{ask.workdir}/slurm-%A_%a.log')}
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
