"""The table of a sweep: a row per grid point, as text, CSV and JSON."""

from collections.abc import Mapping, Sequence
import csv
import io
import math
from typing import NamedTuple

import numpy as np

from musiczoo.errors import UserError
from musiczoo.evaluation import significance
from musiczoo.music import json_files
from musiczoo.runs.sweep.trials import Trial

ONE = 'the config'  # The name of the only point of a sweep without a grid.


class Row(NamedTuple):
  """A grid point and what its seeds gave; nan where there is nothing.

  Attributes:
    n: trials that were done.
    missing: those that failed, or have no result.
    valid, valid_sd: mean and standard deviation (n - 1) of the monitored
      figure on valid, by which the best point is chosen.
    mean, sd, min, max: the same figure on test.
    low, high: Student's t interval of that mean, 95 %.
  """

  point: str
  n: int
  missing: int
  valid: float
  valid_sd: float
  mean: float
  sd: float
  min: float
  max: float
  low: float
  high: float


class Table(NamedTuple):
  """Attributes:
  monitor: name of the figure, low is good.
  rows: one of each point, in the order of the grid.
  best: the point whose mean on valid is lowest; None where nothing is done.
  verdicts: the best on test against each other point.
  tests: the figure on test, by point and seed.
  troubles: (trial, what went wrong) of those that are not done.
  """

  monitor: str
  rows: list[Row]
  best: str | None
  verdicts: list[significance.Paired]
  tests: dict[str, dict[int, float]]
  troubles: list[tuple[Trial, str]]


def table(trials: Sequence[Trial], results: Mapping[str, dict | None]) -> Table:
  """Sums up the results, by id, of the trials there are.

  Raises:
    UserError: the trials have different figures.
  """
  points = dict.fromkeys(trial.point for trial in trials)
  valid = {point: {} for point in points}
  tests = {point: {} for point in points}
  missing = dict.fromkeys(points, 0)
  monitors, troubles = {}, []
  for trial in trials:
    result = results.get(trial.id) or {'status': 'not finished'}
    if result['status'] != 'done':
      missing[trial.point] += 1
      reason = f': {result["reason"]}' if 'reason' in result else ''
      troubles.append((trial, result['status'] + reason))
      continue
    monitor, figures = result['monitor'], result['figures']
    monitors.setdefault(monitor, trial)
    valid[trial.point][trial.seed] = figures[f'valid_{monitor}']
    tests[trial.point][trial.seed] = figures[f'test_{monitor}']
  if len(monitors) > 1:
    (a, one), (b, other), *_ = monitors.items()
    raise UserError(
      f'{one.id} has {a}, {other.id} has {b}: these are not comparable, give '
      'each a sweep of its own'
    )
  rows = [
    _row(p, missing[p], [*valid[p].values()], [*tests[p].values()])
    for p in points
  ]
  done = [row for row in rows if row.n]
  best = min(done, key=lambda row: row.valid).point if done else None
  of_done = {row.point: tests[row.point] for row in done}
  verdicts = (
    significance.compare_points(best, of_done) if best is not None else []
  )
  return Table(
    next(iter(monitors), 'loss'), rows, best, verdicts, tests, troubles
  )


def _row(point, missing, valid, test):
  low, high = significance.t_interval(test)
  return Row(
    point,
    len(test),
    missing,
    *_mean_sd(valid),
    *_mean_sd(test),
    min(test, default=math.nan),
    max(test, default=math.nan),
    low,
    high,
  )


def _mean_sd(values):
  if not values:
    return math.nan, math.nan
  sd = float(np.std(values, ddof=1)) if len(values) > 1 else math.nan
  return float(np.mean(values)), sd


def in_words(table: Table) -> str:
  """Lines to print: the rows, the tests, what went wrong."""
  width = max(len('point'), *(len(row.point) for row in table.rows))
  lines = [
    f'{table.monitor}, low is good',
    f'{"point":{width}}  {"n":>3}  {"valid ± sd":>17}  {"test ± sd":>17}'
    f'  {"min":>8}  {"max":>8}  missing',
  ]
  for row in table.rows:
    lines.append(
      f'{row.point:{width}}  {row.n:3}  {_pm(row.valid, row.valid_sd):>17}  '
      f'{_pm(row.mean, row.sd):>17}  {_number(row.min):>8}  '
      f'{_number(row.max):>8}  {row.missing or ""}'.rstrip()
    )
  if table.verdicts:
    lines.append(
      f'\nbest on valid: {table.best}. On test, paired by seed, 95 % interval, '
      "exact p, Holm's correction:"
    )
    lines += [significance.describe(pair) for pair in table.verdicts]
  if table.troubles:
    lines.append('')
  for trial, trouble in table.troubles:
    lines.append(f'{trial.id} ({trial.point}): {trouble}')
  return '\n'.join(lines)


def _pm(mean, sd):
  return f'{_number(mean)} ± {_number(sd)}'


def _number(value):
  return '-' if math.isnan(value) else f'{value:.4f}'


def to_csv(table: Table) -> str:
  """A line per grid point; empty where there is nothing."""
  text = io.StringIO()
  writer = csv.writer(text, lineterminator='\n')
  writer.writerow(Row._fields)
  writer.writerows([_or_none(v) for v in row] for row in table.rows)
  return text.getvalue()


def to_json(
  table: Table, trials: Sequence[Trial], results: Mapping[str, dict | None]
) -> str:
  """Rows, tests, and each trial with its figures."""
  content = {
    'monitor': table.monitor,
    'best': table.best,
    'points': [_plain(row) for row in table.rows],
    'verdicts': [
      _plain(pair) | {'decided': pair.significant} for pair in table.verdicts
    ],
    'trials': [
      {'id': t.id, 'point': t.point, 'seed': t.seed}
      | (results.get(t.id) or {'status': 'not finished'})
      for t in trials
    ],
  }
  return json_files.text(content)


def _plain(row):
  return {k: _or_none(v) for k, v in row._asdict().items()}


def _or_none(value):
  return None if isinstance(value, float) and math.isnan(value) else value
