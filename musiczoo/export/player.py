"""The facts of a model that play.py needs: the table `player` of config.json."""

import numpy as np

from musiczoo.build import Pipeline, RunConfig
from musiczoo.export import play
from musiczoo.export.stablehlo import takes_given
from musiczoo.music import annotations, chord_names, form, harmony
from musiczoo.music.score import PITCH
from musiczoo.representations import Representation


def table(pipeline: Pipeline, config: RunConfig) -> dict:
  """How x is decoded, and which arguments the exported sampler takes.

  Returns:
    A dict of lists, strings and numbers. Where x is events no conditions can be
    requested: a token has no place in a bar before it is sampled.
  """
  model, spec = pipeline.model, pipeline.spec
  has_cond = 'cond' in model.controls
  columns = config.conditions.columns if has_cond else ()
  following = form.FOLLOWING if 'phrases' in columns else {}
  requested = [
    name
    for name in play.REQUESTS
    if name.removesuffix('s') in config.conditions.columns
  ]
  return {
    **_decoder(pipeline.representation),
    'steps_per_quarter': spec.steps_per_quarter,
    'window': model.window or 0,
    'controls': [name for name in play.CONTROLS if name in model.controls],
    'defaults': {
      'temperature': pipeline.sampling.temperature,
      'top_p': pipeline.sampling.top_p,
    },
    'given_shape': list(spec.shape) if takes_given(model) else None,
    'columns': list(annotations.COLUMNS.items()) if has_cond else [],
    'requested': requested if has_cond and spec.end_token is None else [],
    'styles': list(config.conditions.styles),
    'qualities': list(chord_names.QUALITIES),
    'has_meter': not {'position', 'meter'}.isdisjoint(columns),
    # By pick-up: (length before, (length, count)) of phrases.
    'following': [
      [[k, list(row.items())] for k, row in following[pickup].items()]
      for pickup in sorted(following)
    ],
    'pickup_share': form.PICKUP_SHARE,
    'shortest_phrase': form.SHORTEST,
    'longest_last': form.LONGEST_LAST,
    'densities': list(annotations.DENSITIES),
    'key_profiles': harmony.KEYS.tolist(),
  }


def _decoder(representation: Representation) -> dict:
  spec = representation.spec
  if spec.end_token is not None:
    return {'decoder': 'events'}
  # Twice the lowest note of every part; one note where onset bits are ignored.
  lowest = representation.decode(np.full((2, *spec.shape), 3))
  found = {
    'low': int(lowest.notes[:, PITCH].min()),
    'tracks': [list(track) for track in lowest.tracks],
  }
  if spec.kind != 'bits':
    onset_bits = len(lowest.notes) > len(lowest.tracks)
    return found | {'decoder': 'cells', 'onset_bits': onset_bits}
  # The first plane of each group: of drums that is the onsets.
  _, sounding = np.unique(spec.plane_groups, return_index=True)
  return found | {
    'decoder': 'roll',
    'planes': spec.planes,
    'sounding_planes': sounding.tolist(),
    'onset_planes': np.arange(spec.planes)[spec.onset_planes].tolist(),
  }
