"""Numbers of pieces with their labels, as the page shows them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from musiczoo.evaluation import metrics, voice_comparison
from musiczoo.evaluation.metrics.parts import parts
from musiczoo.evaluation.metrics.voice_leading import measure
from musiczoo.evaluation.novelty import report as novelty_report, WINDOWS
from musiczoo.music.quantize import quantize
from musiczoo.music.score import Score

# The metrics that have a meaning for any music.
_SHOWN = (
  'pitch_range',
  'n_pitches_used',
  'n_pitch_classes_used',
  'polyphony',
  'pitch_in_scale_rate',
  'scale_consistency',
  'pitch_class_entropy',
  'groove_consistency',
  'empty_beat_rate',
  'drum_in_pattern_rate',
)


def metrics_of(
  score: Score, steps_per_quarter: int, num_steps: int
) -> dict[str, float]:
  """Sample metrics of a piece by label: means over its segments.

  Many metrics grow with the length, so pieces are compared by segments of
  `num_steps`, cut by `metrics.windows`. A piece that is shorter has none.
  """
  segments = metrics.windows(quantize(score, steps_per_quarter), num_steps)
  measured = metrics.measure(
    segments, num_steps=num_steps, steps_per_quarter=steps_per_quarter
  )
  defined = {name: measured[name][~np.isnan(measured[name])] for name in _SHOWN}
  return {label(k): float(v.mean()) for k, v in defined.items() if len(v)}


def voice_leading_of(score: Score) -> dict[str, float]:
  """The main figures of voice-leading of a piece in voices, by label."""
  found = measure(parts(score))
  return main_figures(
    {name: float(a / b) for name, (a, b) in found.items() if b}
  )


def voice_leading(scores: Sequence[Score]) -> dict[str, str]:
  """Those of all pieces together, with their bootstrap intervals, by label."""
  found = voice_comparison.compare({'all': scores})
  return main_figures(
    {
      name: voice_comparison.with_interval(of['all'])
      for name, of in found.items()
    }
  )


def main_figures(found: Mapping[str, Any]) -> dict[str, Any]:
  """Those figures of voice-leading that are shown, by label, in their order."""
  names = (name for name in voice_comparison.MAIN if name in found)
  return {label(name): found[name] for name in names}


def label(name: str) -> str:
  """'nll_per_note' -> 'nats per note', 'nll_bound_per_note' -> 'nats at most
  per note'."""
  name = name.replace('nll_bound', 'nats at most').replace('nll', 'nats')
  name = name.removeprefix('n_')
  return name.replace('_', ' ')


def copied(report: Mapping) -> dict[str, str]:
  """The shares of one entry of `novelty.report.report`, by label."""
  return {
    f'copied, {k} steps': f'{report[f"transposed_{k}"]:.1%}' for k in WINDOWS
  }


def longest(report: Mapping, steps_per_quarter: int) -> dict[int, dict]:
  """The longest copy: index of its piece -> its description, by label."""
  span = report['longest_transposed']
  if not span:
    return {}
  text = novelty_report.describe(span, steps_per_quarter)
  return {span['piece']: {'longest copy of all': text}}
