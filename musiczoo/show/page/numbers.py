"""Scores and reports walk in; numbers in words, as the page shows them, out."""

from collections.abc import Mapping

import numpy as np

from musiczoo.evaluation import metrics
from musiczoo.evaluation.novelty import WINDOWS
from musiczoo.music import score as score_lib
from musiczoo.music.score import Score

# Of all metrics those that say something of any music.
_SHOWN = (
    'pitch_range', 'n_pitches_used', 'n_pitch_classes_used', 'polyphony',
    'pitch_in_scale_rate', 'scale_consistency', 'pitch_class_entropy',
    'groove_consistency', 'empty_beat_rate', 'drum_in_pattern_rate',
)


def figures(
    score: Score, steps_per_quarter: int, num_steps: int
) -> dict[str, float]:
  """Sample metrics of a piece: the mean over its stretches of so many steps.

  Many metrics grow with the length, so that pieces are compared by stretches of
  one length, cut by `metrics.windows`. A piece that is shorter has none.
  """
  stretches = metrics.windows(
      score_lib.quantize(score, steps_per_quarter), num_steps
  )
  measured = metrics.measure(
      stretches, num_steps=num_steps, steps_per_quarter=steps_per_quarter
  )
  found = {}
  for name in _SHOWN:
    values = measured[name][~np.isnan(measured[name])]
    if len(values):
      found[words(name)] = float(values.mean())
  return found


def words(name: str) -> str:
  """'nll_per_note' -> 'nats per note', 'nll_bound_per_note' -> 'nats at most
  per note'."""
  name = name.replace('nll_bound', 'nats at most').replace('nll', 'nats')
  name = name.removeprefix('n_')
  return name.replace('_', ' ')


def copied(report: Mapping) -> dict[str, str]:
  """The shares of one report of `copying.copying`."""
  return {
      f'copied, {k} steps': f'{report[f"transposed_{k}"]:.1%}' for k in WINDOWS
  }


def longest(report: Mapping, steps_per_quarter: int) -> dict[int, dict]:
  """The longest copy of a report, in words: piece -> numbers of it."""
  span = report['longest_transposed']
  if not span:
    return {}
  text = (
      f'{span["frames"] / steps_per_quarter:g} quarter notes of '
      f'{span["source"]}, {span["semitones"]:+d} semitones'
  )
  return {span['piece']: {'longest copy of all': text}}
