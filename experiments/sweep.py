"""Trains several seeds of each config of a grid, and compares them in a table.

  python -m experiments.sweep --workdir=out/sweep --seeds=4 \\
      --config=experiments/configs/chorales.py:lstm \\
      --grid="optimizer.learning_rate=1e-3,3e-4"
"""

import pathlib
import shlex

from absl import flags

from musiczoo.errors import UserError
from musiczoo.evaluation.significance import MAX_PAIRS
from musiczoo.music.files import write_atomic
from musiczoo.runs.sweep import results, table, trials
from musiczoo.runs.sweep.launchers import LAUNCHERS
from musiczoo.runs.sweep.launchers.scheduler import LaunchOptions
from musiczoo.runs.sweep.launchers.slurm import script
from musiczoo.runs.sweep.launchers.workers import default_workers

from . import command, grid, launch
from .signals import Signals

CONFIG = launch.config_flag()
WORKDIR = flags.DEFINE_string(
  'workdir', None, 'Folder of the sweep; goes on with what it holds.'
)
SEEDS = flags.DEFINE_integer(
  'seeds',
  8,
  "Runs of each point, from the config's seed on.",
  lower_bound=1,
  upper_bound=MAX_PAIRS,
)
GRID = flags.DEFINE_string(
  'grid', None, f'Values to try, all combinations: {grid.EXAMPLE}'
)
LAUNCHER = flags.DEFINE_enum(
  'launcher', 'local', list(LAUNCHERS), 'Processes here, Ray, or SLURM.'
)
WORKERS = flags.DEFINE_integer(
  'workers',
  None,
  'Jobs at a time; left out: one per GPU, else per core.',
  lower_bound=1,
  upper_bound=1024,
)
TOGETHER = flags.DEFINE_integer(
  'together',
  1,
  'Trials of one shape in one program.',
  lower_bound=1,
  upper_bound=1024,
)
DRY_RUN = flags.DEFINE_bool('dry_run', False, 'Only print what would be run.')


def main() -> int:
  config = launch.config(CONFIG.value)
  points = _checked(grid.points(config, GRID.value))
  workdir = pathlib.Path(WORKDIR.value).absolute()
  planned = trials.plan(points, SEEDS.value)

  jobs = [
    job
    for job in trials.jobs(planned, TOGETHER.value)
    if not all(results.finished(trials.folder(workdir, i)) for i in job)
  ]
  if LAUNCHER.value == 'local' and not DRY_RUN.value:
    _check_memory(planned, jobs)
  with Signals() as signals:
    options = LaunchOptions(
      workdir,
      WORKERS.value or default_workers(),
      command('trial', f'--workdir={workdir}'),
      signals.stopping,
      _report(workdir, planned, signals),
    )
    if DRY_RUN.value:
      text = script if LAUNCHER.value == 'slurm' else _lines
      print(text(jobs, options), end='')
      return 0
    trials.lay_out(workdir, planned)
    if jobs:
      LAUNCHERS[LAUNCHER.value](jobs, options)
  return signals.status(_conclude(workdir, planned))


def _lines(jobs, options):
  """The command line of each job."""
  return ''.join(
    f'{shlex.join(["python", *options.command])} --trials={",".join(job)}\n'
    for job in jobs
  )


def _checked(points):
  """The points as `RunConfig`s; checks all before any is trained."""
  from musiczoo import build
  from musiczoo.evaluation.likelihood import monitor_name

  judged = {}
  for name, config in points.items():
    points[name] = config = build.RunConfig.from_dict(config)
    judged[monitor_name(build.pipeline(config))] = name
  if len(judged) > 1:
    (a, b, *_) = judged
    raise UserError(
      f'--grid: {judged[a]} has {a}, {judged[b]} has {b}: these are not '
      'comparable, give each a sweep of its own'
    )
  corpora = {
    (config.corpus, config.split): config for config in points.values()
  }
  for config in corpora.values():
    build.corpus(config)
  return points


def _check_memory(planned, jobs):
  """Refuses trials side by side that need more memory than this machine has."""
  configs = {trial.id: trial.config for trial in planned}
  largest = {}
  for job in sorted((job for job in jobs if len(job) > 1), key=len):
    largest[trials.shape(configs[job[0]])] = configs[job[0]], len(job)
  if largest:
    from musiczoo.runs.sweep import estimate

    estimate.check(largest.values())


def _report(workdir, planned, signals):
  """Returns report(job): prints the status of its trials."""
  points = {trial.id: trial.point for trial in planned}
  folders = {i: trials.folder(workdir, i) for i in points}

  def report(job):
    done = sum(map(results.finished, folders.values()))
    for i in job:
      result = results.read(folders[i]) or {'status': 'not finished'}
      line = f'[{done}/{len(points)}] {i} ({points[i]}): {result["status"]}'
      with signals.output():
        print(line, flush=True)

  return report


def _conclude(workdir, planned) -> int:
  """Prints and writes the table; 1 if a trial has no figures."""
  from musiczoo.show.plots import seeds

  found = {t.id: results.read(trials.folder(workdir, t.id)) for t in planned}
  summed = table.table(planned, found)
  write_atomic(workdir / 'results.csv', table.to_csv(summed))
  write_atomic(workdir / 'results.json', table.to_json(summed, planned, found))
  seeds.draw(summed, workdir / 'spread.png')
  print(f'\n{table.in_words(summed)}\n')
  print(f'{workdir}: results.csv, results.json, spread.png, trials/')
  if any(trouble.startswith('not finished') for _, trouble in summed.troubles):
    print('not finished: the same command goes on from here')
  return 1 if summed.troubles else 0


def run() -> None:
  """The command: its flags, errors in one line, its exit status."""
  launch.run(main, required=(CONFIG, WORKDIR))


if __name__ == '__main__':
  run()
