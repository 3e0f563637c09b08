"""Learning curves of a run."""

from matplotlib.figure import Figure

from musiczoo.show.plots.pianoroll import save
from musiczoo.training import journal


def draw(workdir, path, *, monitor: str, baselines: dict[str, float]) -> None:
  """Writes a PNG of the monitored figure over steps, and its baselines."""
  entries = [e for e in journal.read(workdir) if monitor in e]
  figure = Figure((8, 4), layout='constrained')
  axes = figure.add_subplot()
  axes.plot(
    [e['step'] for e in entries],
    [e[monitor] for e in entries],
    'o-',
    label=monitor.replace('_', ' '),
  )
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
  names = dict.fromkeys(n for e in entries for n in e if n != 'step')
  panels = {}
  for name in names:
    panels.setdefault(name.removeprefix('valid_'), []).append(name)
  figure = Figure((8, 2.2 * len(panels)), layout='constrained')
  grid = figure.subplots(len(panels), squeeze=False, sharex=True)[:, 0]
  for axes, (title, group) in zip(grid, panels.items()):
    for name in group:
      points = [(e['step'], e[name]) for e in entries if name in e]
      style = 'o-' if name.startswith('valid_') else '-'
      axes.plot(*zip(*points), style, ms=3, lw=1, label=name)
    axes.set_title(title.replace('_', ' '), fontsize=9, loc='left')
    axes.grid(alpha=0.3)
  grid[-1].set_xlabel('step')
  save(figure, path)
