"""Figures of panels, one above the other, and their PNG files."""

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text


def panels(num: int, size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
  """A figure of some panels with one horizontal axis; its size is in inches."""
  figure = Figure(size, layout='constrained')
  grid = figure.subplots(num, squeeze=False, sharex=True)
  return figure, list(grid[:, 0])


def save(figure: Figure, path) -> None:
  """Writes a figure; the same figure, the same bytes.

  Names of files and tracks are shown as they are: a dollar is no formula.
  """
  for text in figure.findobj(Text):
    text.set_parse_math(False)
  FigureCanvasAgg(figure).print_png(path, metadata={'Software': None})
