"""New songs beside real ones, in units of what two halves of the real differ by."""

from collections.abc import Iterable, Mapping, Sequence
import math
from typing import NamedTuple

import numpy as np

from musiczoo.errors import UserError
from musiczoo.evaluation import metrics
from musiczoo.evaluation.metrics import muspy
from musiczoo.evaluation.metrics.openings import (
  BAR,
  BARS,
  has_opening,
  opening,
  STEPS,
)
from musiczoo.music import transform
from musiczoo.music.score import Score

LARGE = 2  # A gap that is more than chance.


class Gaps(NamedTuple):
  """A table of figures of real and of new songs.

  Attributes:
    figures: name -> mean of the real, mean of the new, gap: as of
      `metrics.gaps_in_halves`.
  """

  figures: Mapping[str, tuple[float, float, float]]

  @property
  def defined(self) -> list[float]:
    """The gaps of all figures that are defined on both sides."""
    return [g for *_, g in self.figures.values() if not math.isnan(g)]

  @property
  def mean(self) -> float:
    """The mean gap; nan if none is defined."""
    return float(np.mean(self.defined)) if self.defined else math.nan

  @property
  def num_large(self) -> int:
    """How many gaps are more than `LARGE`."""
    return sum(gap > LARGE for gap in self.defined)

  def to_dict(self) -> dict:
    """All figures, as a receipt has them."""
    names = 'real', 'generated', 'gap'
    return {
      'mean_gap': self.mean,
      'large_gaps': self.num_large,
      'figures': {k: dict(zip(names, v)) for k, v in self.figures.items()},
    }


def real_openings(scores: Iterable[Score], bars: int = BARS) -> list[Score]:
  """The openings of the songs that begin with as many bars of 4/4.

  Raises:
    UserError: fewer than two songs do, which have no halves to compare.
  """
  found = [opening(score, bars) for score in scores if has_opening(score, bars)]
  if len(found) < 2:
    raise UserError(
      f'{len(found)} of the real songs begin with {bars} bars of 4/4 and two '
      'notes in a bar: give at least two that do'
    )
  return found


def compare(
  real: Sequence[Score],
  new: Sequence[Score],
  *,
  bars: int = BARS,
  seed: int = 0,
) -> dict[str, Gaps]:
  """The measures of songs, and the metrics of MusPy and of MuseGAN.

  Args:
    real: openings, at least two.
    new: openings of new songs, with notes.
    bars: how many they have.
    seed: of the halves of the real ones.

  Returns:
    'songs', 'muspy' and 'musegan' -> their Gaps.
  """

  def gaps(measure):
    return metrics.gaps_in_halves(measure(new), measure(real), seed=seed)

  def general(scores):
    ticks = bars * BAR
    cut = [transform.crop(score, ticks) for score in scores]
    return metrics.measure(cut, num_steps=ticks, steps_per_quarter=STEPS)

  songs = gaps(lambda scores: metrics.measure_songs(scores, bars))
  tables = {'songs': songs, 'muspy': {}, 'musegan': {}}
  for name, figures in gaps(general).items():
    table = 'muspy' if hasattr(muspy, name) else 'musegan'
    tables[table][name] = figures
  return {name: Gaps(figures) for name, figures in tables.items()}
