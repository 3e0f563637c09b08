"""The grid for a dataset, from how well its pieces fit each."""

from collections import Counter

from musiczoo.music.grid_fit import CHOICES, GRIDS, KEPT

FEW = 3  # Names of pieces that fit no grid; the manifest has all.


class Grids:
  """Counts how many onsets of the pieces of a dataset grids keep."""

  def __init__(self):
    self._best, self._fitting = Counter(), Counter()
    self._kept = Counter()  # Grid -> notes near its lines.
    self._notes, self._moved = 0, 0.0
    self._num_free, self._first_free = 0, []

  def add(self, line: dict) -> None:
    """Counts a piece by its line of the manifest, with the table `grid`."""
    grid, notes = line['grid'], line['notes']
    if grid['free']:
      self._num_free += 1
      self._first_free = [*self._first_free, line['name']][:FEW]
      return
    self._best[grid['steps_per_quarter']] += 1
    self._notes += notes
    self._moved += notes * grid['moved_ms']
    for steps, share in grid['kept'].items():
      self._kept[steps] += notes * share
      self._fitting[steps] += share >= KEPT

  def choice(self) -> dict:
    """The grid for all: `steps_per_quarter`, and `onsets_kept` by each grid.

    It is the coarsest of CHOICES that keeps KEPT of the onsets in more than half
    of the pieces, and of all their onsets together; if none does, the one that
    keeps most. A grid keeps an onset that is near one of its lines, once the
    offset that all onsets of a piece have is taken off (`grid_fit`). Pieces that
    fit no grid at all are left out; if there are no others there is no choice,
    None.
    """
    notes = max(self._notes, 1)
    kept = {g: round(self._kept[g] / notes, 3) for g in GRIDS}
    num_pieces = self._best.total()
    good = [
      grid
      for grid in CHOICES
      if kept[grid] >= KEPT and self._fitting[grid] > num_pieces / 2
    ]
    best = good[0] if good else max(CHOICES, key=kept.__getitem__)
    return {
      'steps_per_quarter': best if num_pieces else None,
      'onsets_kept': {str(grid): share for grid, share in kept.items()},
    }

  def report(self) -> dict:
    """These entries of the report, see `prepare`."""
    return {
      **self.choice(),
      'grids': {str(g): n for g, n in sorted(self._best.items())},
      'moved_ms': round(self._moved / max(self._notes, 1), 1),
      'free': self._num_free,
      'first_free': self._first_free,
    }
