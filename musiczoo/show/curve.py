"""A journal -> a picture of how the loss went."""

from matplotlib.figure import Figure

from musiczoo import journal
from musiczoo.show.roll import save


def draw(workdir, path, *, monitor: str, floors: dict[str, float]) -> None:
  """Writes a PNG of the monitored figure over steps, beside its floors."""
  entries = [e for e in journal.read(workdir) if monitor in e]
  figure = Figure((8, 4), layout='constrained')
  axes = figure.add_subplot()
  axes.plot(
      [e['step'] for e in entries], [e[monitor] for e in entries], 'o-',
      label=monitor.replace('_', ' '),
  )
  for number, (name, value) in enumerate(floors.items()):
    axes.axhline(value, ls='--', color=f'C{number + 1}', label=name)
  axes.set_xlabel('step')
  axes.set_ylabel('nats')
  axes.set_ylim(bottom=0)
  axes.grid(alpha=0.3)
  axes.legend()
  save(figure, path)
