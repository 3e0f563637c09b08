"""Learning curves of a run."""

from musiczoo.show.plots.figure import panels, save
from musiczoo.training import journal


def draw(workdir, path, *, monitor: str, baselines: dict[str, float]) -> None:
  """Writes a PNG of the monitored figure over steps, and its baselines."""
  figure, (axes,) = panels(1, (8, 4))
  steps, values = _points(journal.read(workdir), monitor)
  axes.plot(steps, values, 'o-', label=monitor.replace('_', ' '))
  for number, (name, value) in enumerate(baselines.items()):
    axes.axhline(value, ls='--', color=f'C{number + 1}', label=name)
  axes.set_xlabel('step')
  axes.set_ylabel('nats')
  axes.set_ylim(bottom=0)
  axes.grid(alpha=0.3)
  axes.legend()
  save(figure, path)


def draw_all(workdir, path) -> None:
  """Writes a PNG of all metrics of the journal over steps, a panel for each.

  Training and validation share a panel: `loss` and `valid_loss`.
  """
  entries = journal.read(workdir)
  groups = {}
  for name in dict.fromkeys(n for e in entries for n in e if n != 'step'):
    groups.setdefault(name.removeprefix('valid_'), []).append(name)
  figure, grid = panels(len(groups), (8, 2.2 * len(groups)))
  for axes, (title, names) in zip(grid, groups.items()):
    for name in names:
      style = 'o-' if name.startswith('valid_') else '-'
      axes.plot(*_points(entries, name), style, ms=3, lw=1, label=name)
    axes.set_title(title.replace('_', ' '), fontsize=9, loc='left')
    axes.grid(alpha=0.3)
  grid[-1].set_xlabel('step')
  save(figure, path)


def _points(entries, name):
  """The steps at which a metric was written as a number, and its values."""
  points = [(e['step'], e[name]) for e in entries if e.get(name) is not None]
  return tuple(zip(*points)) or ((), ())
