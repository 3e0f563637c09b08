"""A plot of a sweep: a dot for each seed, mean and interval."""

import numpy as np

from musiczoo.runs.sweep.table import Table
from musiczoo.show.plots.figure import panels, save


def draw(table: Table, path) -> None:
  """Writes a PNG of the test figure over the points of the grid.

  A line joins the results of one seed: where all lines have one direction the
  points differ, however much the seeds vary.
  """
  names = [row.point.replace(', ', '\n') for row in table.rows]
  longest = max(len(line) for name in names for line in name.split('\n'))
  wide = 1.5 + max(1.2, 0.1 * longest) * len(names)  # Inches.
  figure, (axes,) = panels(1, (max(5.0, wide), 4.5))
  seeds = sorted({seed for of in table.tests.values() for seed in of})
  for number, seed in enumerate(seeds):
    values = [of.get(seed, np.nan) for of in table.tests.values()]
    # Side by side, so that equal dots do not hide each other.
    shift = (number + 0.5) / len(seeds) - 0.5
    style = {'color': 'C0', 'alpha': 0.6, 'lw': 0.5, 'ms': 8}
    label = None if number else 'a seed'
    x = np.arange(len(values)) + 0.3 * shift
    axes.plot(x, values, '.-', label=label, **style)
  for x, row in enumerate(table.rows):
    error = [[row.mean - row.low], [row.high - row.mean]]
    style = {'fmt': 'D', 'color': 'C1', 'capsize': 4, 'ms': 5}
    label = None if x else 'mean, 95 % interval'
    axes.errorbar(x + 0.3, row.mean, error, label=label, **style)
  axes.set_xticks(
    range(len(table.rows)),
    [f'{name}\nn {row.n}' for name, row in zip(names, table.rows)],
  )
  axes.set_xlim(-0.6, len(table.rows) - 0.4)
  axes.set_ylabel(f'test {table.monitor.replace("_", " ")}')
  axes.grid(alpha=0.3, axis='y')
  if seeds:
    axes.legend()
  save(figure, path)
